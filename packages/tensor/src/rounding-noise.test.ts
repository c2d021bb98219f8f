// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roundingNoise } from './rounding-noise.ts';

const seed = (first: number) => Uint8Array.from({ length: 16 }, (_, index) => first * 7 + index);

test('the stream is the same however it is drawn', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 13 }), { maxLength: 8 }), (counts) => {
      const source = roundingNoise(seed(1));
      const drawn = counts.flatMap((count) => [...source(count)]);
      assert.deepEqual(drawn, [...roundingNoise(seed(1))(drawn.length)]);
    }),
  );
});

test('the lanes follow the definition of xoshiro128+', () => {
  const mask = 0xffffffffn;
  const words = [0, 1, 2, 3].map((index) => BigInt(new DataView(seed(3).buffer).getUint32(index * 4, true)));
  const mix = (value: bigint) => {
    let mixed = ((value ^ (value >> 16n)) * 0x85ebca6bn) & mask;
    mixed = ((mixed ^ (mixed >> 13n)) * 0xc2b2ae35n) & mask;
    return mixed ^ (mixed >> 16n);
  };
  const drawn = roundingNoise(seed(3))(40);
  for (let lane = 0; lane < 4; lane += 1) {
    let [s0, s1, s2, s3] = words.map((word, index) =>
      mix((word + BigInt(lane * 4 + index + 1) * 0x9e3779b9n) & mask),
    ) as [bigint, bigint, bigint, bigint];
    for (let step = 0; step < 10; step += 1) {
      assert.equal(BigInt(drawn[step * 4 + lane]!), ((s0 + s3) & mask) >> 16n);
      const shifted = (s1 << 9n) & mask;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = ((s3 << 11n) | (s3 >> 21n)) & mask;
    }
  }
});

test('words are uniform, and neither lanes nor neighbouring seeds are correlated', () => {
  const count = 1 << 17;
  const words = roundingNoise(seed(5))(count);
  const buckets = new Uint32Array(256);
  for (const word of words) buckets[word >>> 8]! += 1;
  const expected = count / 256;
  const chiSquare = buckets.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
  // 255 degrees of freedom: mean 255, standard deviation 22.6; the margin is six of them.
  assert.ok(chiSquare > 255 - 6 * 22.6 && chiSquare < 255 + 6 * 22.6, `chi square ${chiSquare}`);
  const correlation = (a: (index: number) => number, b: (index: number) => number, pairs: number) => {
    let sum = 0;
    for (let index = 0; index < pairs; index += 1) sum += (a(index) / 32_768 - 1) * (b(index) / 32_768 - 1);
    return (sum / pairs) * 3 * Math.sqrt(pairs);
  };
  const other = roundingNoise(seed(6))(count);
  for (const distance of [1, 2, 3, 4, 5]) {
    const own = correlation(
      (index) => words[index]!,
      (index) => words[index + distance]!,
      count - distance,
    );
    assert.ok(Math.abs(own) < 6, `distance ${distance}: ${own} standard errors`);
  }
  const across = correlation(
    (index) => words[index]!,
    (index) => other[index]!,
    count,
  );
  assert.ok(Math.abs(across) < 6, `seeds: ${across} standard errors`);
});

test('a seed of zeros works, and one of another length is refused', () => {
  assert.ok(new Set(roundingNoise(new Uint8Array(16))(100)).size > 90);
  assert.throws(() => roundingNoise(new Uint8Array(15)), RangeError);
  assert.throws(() => roundingNoise(new Uint8Array(32)), RangeError);
});
