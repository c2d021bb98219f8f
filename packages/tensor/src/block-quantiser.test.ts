// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import fc from 'fast-check';
import { quantiseBlock, quantiseBlocks } from './block-quantiser.ts';
import { blocksOfLength, sumWordsToFloat } from './block-sums.ts';
import { addWords16, signedWords, widenInt8ToWords16 } from './ring-words.ts';
import { type NoiseSource, roundingNoise } from './rounding-noise.ts';

const seedOf = (seed: number) => {
  const random = new SeededRandom(seed);
  return Uint8Array.from({ length: 16 }, () => random.below(256));
};
const noise = (seed: number) => roundingNoise(seedOf(seed));
const topNoise: NoiseSource = (count) => new Uint16Array(count).fill(65_535);
const bottomNoise: NoiseSource = (count) => new Uint16Array(count);

type Quantiser = (values: Float32Array, scale: number, limit: number, source: NoiseSource) => Int8Array;

const product: Quantiser = (values, scale, limit, source) => {
  const result = quantiseBlock(values, scale, limit, source);
  assert.ok(result.ok);
  return result.block.levels;
};

/** Controls: each breaks one thing that the checks below must see. */
const clampedBeforeNoise: Quantiser = (values, scale, limit, source) => {
  const random = source(values.length);
  return Int8Array.from(values, (value, index) => {
    const clamped = Math.max(-limit, Math.min(limit, Math.fround(value / scale)));
    // Noise of 23 bits, as many as float32 has below 1: added to 127 it rounds to 128.
    return Math.floor(Math.fround(clamped + (random[index]! === 65_535 ? 1 - 2 ** -24 : random[index]! / 65_536)));
  });
};
const roundedToNearest: Quantiser = (values, scale, limit) =>
  Int8Array.from(values, (value) => Math.max(-limit, Math.min(limit, Math.round(value / scale))));
const truncated: Quantiser = (values, scale, limit) =>
  Int8Array.from(values, (value) => Math.max(-limit, Math.min(limit, Math.floor(value / scale))));

function staysInside(quantiser: Quantiser): boolean {
  const values = Float32Array.of(127, 126.99999, 500, -127, -127.5, -500, 0, 1);
  return [topNoise, bottomNoise, noise(1)].every((source) =>
    quantiser(values, 1, 127, source).every(
      (level, index) => Math.abs(level) <= 127 && Math.abs(level - Math.max(-127, Math.min(127, values[index]!))) <= 1,
    ),
  );
}

/** Standard errors between the mean level and the value, worst over values at several places between two levels. */
function worstBias(quantiser: Quantiser): number {
  const count = 1 << 16;
  return Math.max(
    ...[0.03, 0.3, 0.5, 0.9, -0.3, 41.25, -126.5].map((value, index) => {
      const levels = quantiser(new Float32Array(count).fill(value), 1, 127, noise(10 + index));
      const fraction = value - Math.floor(value);
      const mean = levels.reduce((sum, level) => sum + level, 0) / count;
      return (Math.abs(mean - value) * Math.sqrt(count)) / Math.sqrt(fraction * (1 - fraction));
    }),
  );
}

test('a level at the limit never leaves it by rounding, and a clamp before the noise is caught', () => {
  assert.equal(staysInside(product), true);
  assert.equal(staysInside(clampedBeforeNoise), false);
});

test('rounding is unbiased, and rounding to nearest or down is caught', () => {
  assert.ok(worstBias(product) < 6, `${worstBias(product)} standard errors`);
  assert.ok(worstBias(roundedToNearest) > 20);
  assert.ok(worstBias(truncated) > 20);
});

test('levels stay within one step of the value whatever scale, weight, limit and noise', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ noNaN: true, min: -10, max: 10, maxLength: 100 }),
      fc.float({ min: Math.fround(1e-3), max: 10, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.constantFrom(1, 7, 127),
      fc.nat(),
      (values, scale, weight, limit, seed) => {
        const result = quantiseBlock(values, scale, limit, noise(seed), weight);
        assert.ok(result.ok);
        let beyond = 0;
        result.block.levels.forEach((level, index) => {
          assert.ok(Math.abs(level) <= limit);
          const wanted = (values[index]! * weight) / scale;
          if (Math.abs(wanted) <= limit) assert.ok(Math.abs(level - wanted) <= 1 + 1e-4);
          if (Math.abs(wanted) > limit + 1.001) beyond += 1;
        });
        assert.ok(result.block.clippedCount >= beyond);
      },
    ),
  );
});

test('clipped values are counted, and a value that is not finite is refused with its place', () => {
  const clipped = quantiseBlock(Float32Array.of(500, -500, 1), 1, 127, topNoise);
  assert.ok(clipped.ok && clipped.block.clippedCount === 2);
  assert.deepEqual(quantiseBlock(Float32Array.of(1, Number.NaN), 1, 127, topNoise), { ok: false, index: 1 });
  for (const fault of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    assert.deepEqual(quantiseBlock(Float32Array.of(fault), 1, 127, topNoise), { ok: false, index: 0 });
  const largest = quantiseBlock(Float32Array.of(3.4e38, -3.4e38), Math.fround(1e-3), 127, topNoise);
  assert.deepEqual(largest.ok && [...largest.block.levels], [127, -127]);
});

test('a scale, weight or limit that means nothing is refused', () => {
  for (const [scale, limit, weight] of [
    [0, 127, 1],
    [-1, 127, 1],
    [Number.NaN, 127, 1],
    [Number.POSITIVE_INFINITY, 127, 1],
    [1e-42, 127, 1],
    [1, 127, 0],
    [1, 128, 1],
    [1, 0, 1],
    [1, 1.5, 1],
  ] as const)
    assert.throws(() => quantiseBlock(Float32Array.of(1), scale, limit, topNoise, weight), RangeError);
});

const normals = (count: number, seed: number) => {
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
};

test('blocks of a chunk give what the same blocks give alone, with their own scales and noise', () => {
  const values = normals(1_001, 4);
  values[300] = 1_000;
  const blocks = blocksOfLength(values.length, 64);
  const scales = Float32Array.from(blocks, (_, index) => 0.02 + index / 500);
  const noiseOfBlock = (block: number) => noise(block);
  const whole = quantiseBlocks({ values, blocks, firstBlock: 0, scales, limit: 127, noiseOfBlock });
  assert.ok(whole.ok);
  assert.equal(
    whole.clippedCount,
    whole.clippedByBlock.reduce((sum, count) => sum + count, 0),
  );
  assert.ok(whole.clippedByBlock[4]! >= 1);
  for (const [index, { offset, length }] of blocks.entries()) {
    const part = quantiseBlocks({
      values: values.subarray(offset, offset + length),
      blocks: [{ offset, length }],
      firstBlock: index,
      scales,
      limit: 127,
      noiseOfBlock,
    });
    assert.ok(part.ok);
    assert.deepEqual(part.levels, whole.levels.slice(offset, offset + length));
  }
  values[700] = Number.NaN;
  const tail = { values: values.subarray(640), blocks: blocks.slice(10), firstBlock: 10, scales, limit: 127 };
  assert.deepEqual(quantiseBlocks({ ...tail, noiseOfBlock }), { ok: false, index: 700 });
  assert.throws(() => quantiseBlocks({ ...tail, noiseOfBlock, values: values.subarray(641) }), RangeError);
  assert.throws(() => quantiseBlocks({ ...tail, noiseOfBlock, firstBlock: 16 }), RangeError);
});

test('words of members summed modulo 2^16 are the plain sum of their levels, and the mean is near the mean of the values', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 258 }),
      fc.integer({ min: 1, max: 33 }),
      fc.nat({ max: 1_000_000 }),
      (members, length, seed) => {
        const blocks = blocksOfLength(length, 16);
        const scales = new Float32Array(blocks.length).fill(Math.fround(0.03));
        const total = new Uint16Array(length);
        const plain = new Int32Array(length);
        const exact = new Float64Array(length);
        for (let member = 0; member < members; member += 1) {
          const values = normals(length, seed + member);
          const noiseOfBlock = (block: number) => noise(seed * 1_000 + member * 10 + block);
          const update = quantiseBlocks({ values, blocks, firstBlock: 0, scales, limit: 127, noiseOfBlock });
          assert.ok(update.ok);
          const words = new Uint16Array(length);
          widenInt8ToWords16(update.levels, words);
          addWords16(total, words);
          for (let index = 0; index < length; index += 1) {
            plain[index]! += update.levels[index]!;
            exact[index]! += Math.max(-3.81, Math.min(3.81, values[index]!));
          }
        }
        assert.deepEqual([...signedWords(total)], [...plain]);
        const mean = sumWordsToFloat({ words: total, blocks, firstBlock: 0, scales, divisor: members });
        mean.forEach((value, index) => {
          assert.ok(Math.abs(value - exact[index]! / members) <= 0.0301);
        });
      },
    ),
    { numRuns: 40 },
  );
});
