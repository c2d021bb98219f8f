// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKeyStream } from '@kiban/crypto';
import fc from 'fast-check';
import { brokenBuild } from './broken-build.ts';
import { Coalition } from './coalition-driver.ts';
import { seededBytes } from './coalition-seeds.ts';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';
import { wordsOf } from './word-masking.ts';

type Bits = 8 | 16 | 32;
const streamsOf = (seed: string, count: number): MaskStream[] =>
  Array.from({ length: count }, (_, index) => ({
    key: seededBytes(`${seed}/${index}`).bytes(32),
    sign: index % 2 === 0 ? 1 : -1,
  }));

/** Word by word, as the protocol's text says it. */
function reference(bits: Bits, streams: readonly MaskStream[], values: readonly number[]): number[] {
  const modulus = 2n ** BigInt(bits);
  return streams.reduce(
    (words, { key, sign }) => {
      const mask = wordsOf(bits, new Uint8Array(openKeyStream(key).next(values.length * (bits / 8))));
      return words.map((word, index) =>
        Number((((BigInt(word) + BigInt(sign * (mask[index] as number))) % modulus) + modulus) % modulus),
      );
    },
    [...values],
  );
}

test('streams are added and taken off word by word, modulo the ring, at odd lengths and alignments', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Bits>(8, 16, 32),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 4 }),
      fc.string({ maxLength: 4 }),
      fc.nat(3),
      (bits, length, count, seed, shift) => {
        const bytesPerWord = bits / 8;
        const memory = new Uint8Array((length + 4) * bytesPerWord);
        const bytes = memory.subarray(shift * bytesPerWord, (shift + length) * bytesPerWord);
        bytes.set(seededBytes(seed).bytes(bytes.length));
        const words = wordsOf(bits, bytes);
        const before = [...words];
        const streams = streamsOf(seed, count);
        applyMaskStreams({ bits, streams, words, wordOffset: 0 });
        assert.deepEqual([...words], reference(bits, streams, before));
        const inverse = streams.map(({ key, sign }): MaskStream => ({ key, sign: sign === 1 ? -1 : 1 }));
        applyMaskStreams({ bits, streams: inverse, words, wordOffset: 0 });
        assert.deepEqual([...words], before);
        assert.ok(memory.subarray((shift + length) * bytesPerWord).every((byte) => byte === 0));
      },
    ),
    { numRuns: 60 },
  );
});

test('any part of the vector masked alone has the bytes it has in the whole, also beyond one chunk', () => {
  const words = new Uint16Array(100_000);
  const streams = streamsOf('parts', 3);
  applyMaskStreams({ bits: 16, streams, words, wordOffset: 0 });
  for (const [from, to] of [
    [0, 33],
    [32, 64],
    [32_768, 65_600],
    [99_968, 100_000],
  ] as const) {
    const part = new Uint16Array(to - from);
    applyMaskStreams({ bits: 16, streams, words: part, wordOffset: from });
    assert.deepEqual(part, words.slice(from, to));
  }
  assert.throws(() => applyMaskStreams({ bits: 16, streams, words: new Uint16Array(8), wordOffset: 3 }), RangeError);
});

test('streams that start anew in every shard are seen by the comparison with the plain sum', async () => {
  const atZero = await brokenBuild({
    file: 'word-masking.ts',
    find: 'wordOffset: input.wordOffset });',
    replace: 'wordOffset: 0 });',
  });
  for (const [driver, same] of [
    [{ Coalition }, true],
    [atZero, false],
  ] as const) {
    const coalition = new driver.Coalition({ memberCount: 3, wordCount: 100, shardBytes: 64 });
    await coalition.run();
    const sum = coalition.plainSum(coalition.outcome.survivors);
    assert.equal(JSON.stringify(coalition.outcome.sum) === JSON.stringify(sum), same);
  }
});
