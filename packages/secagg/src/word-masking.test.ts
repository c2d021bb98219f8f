// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sealed } from '@kiban/core';
import { openKeyStream } from '@kiban/crypto';
import { addWords, openRingKernels, scratchBytes, subtractWords } from '@kiban/tensor';
import { seededBytes } from './coalition-seeds.ts';
import { type MaskStream, maskChunkBytes } from './mask-streams.ts';
import type { AggregationPlan } from './plan.ts';
import { maskWords, wordsOf } from './word-masking.ts';

const streams: MaskStream[] = ([1, -1, 1] as const).map((sign, index) => ({
  key: seededBytes(`masking/${index}`).bytes(32),
  sign,
}));
const sealed = new Sealed<readonly MaskStream[]>(streams);

function planOf(bits: 8 | 16 | 32, wordCount: number, levelLimit: number): AggregationPlan {
  return { bits, wordCount, levelLimit } as AggregationPlan;
}

/** The whole vector, with the plain functions of the ring. */
function plainBytes(bits: 8 | 16 | 32, levels: ArrayLike<number>): Buffer {
  const bytes = new Uint8Array(levels.length * (bits / 8));
  const words = wordsOf(bits, bytes);
  words.set(levels);
  for (const { key, sign } of streams) {
    const mask = wordsOf(bits, new Uint8Array(openKeyStream(key).next(bytes.length)));
    (sign === 1 ? addWords : subtractWords)(words, mask);
  }
  return Buffer.from(bytes);
}

test('masked bytes are those of the plain functions, from an array or a reader, in any memory, whole or in parts', () => {
  for (const bits of [8, 16, 32] as const) {
    const count = 2 * maskChunkBytes + 13;
    const plan = planOf(bits, count, 127);
    const levels = Int8Array.from({ length: count }, (_, index) => ((index * 31) % 255) - 127);
    const expected = plainBytes(bits, levels);
    assert.ok(expected.equals(maskWords({ plan, streams: sealed, levels, wordOffset: 0 })));
    const kernels = openRingKernels(expected.length);
    const pieces: Buffer[] = [];
    const from = 64;
    const masked = maskWords({
      plan,
      streams: sealed,
      levels: {
        count: count - from,
        read: (target, offset) => target.set(levels.subarray(offset, offset + target.length)),
      },
      wordOffset: from,
      kernels,
      into: kernels.bytes(scratchBytes, (count - from) * (bits / 8)),
      onChunk: (bytes) => pieces.push(Buffer.from(bytes)),
    });
    const tail = expected.subarray(from * (bits / 8));
    assert.ok(tail.equals(masked));
    assert.ok(tail.equals(Buffer.concat(pieces)), 'chunks are final when they are shown');
  }
});

test('levels of more than eight bits are masked too', () => {
  const large = Int16Array.from([0, 300, -300, 1_000, -1_000]);
  const plan = planOf(32, large.length, 1_000);
  const masked = maskWords({ plan, streams: sealed, levels: large, wordOffset: 0 });
  assert.deepEqual(Buffer.from(masked), plainBytes(32, large));
  assert.throws(
    () => maskWords({ plan: planOf(32, 5, 999), streams: sealed, levels: large, wordOffset: 0 }),
    RangeError,
  );
});

test('a level beyond the limit, a part beyond the vector and a place of another size are refused', () => {
  const levels = Int8Array.of(1, 7, -7, 0);
  const mask = (wordCount: number, limit: number, into?: Uint8Array) =>
    maskWords({
      plan: planOf(16, wordCount, limit),
      streams: sealed,
      levels,
      wordOffset: 0,
      ...(into === undefined ? {} : { into }),
    });
  assert.equal(mask(4, 7).length, 8);
  assert.throws(() => mask(4, 6), /limit/);
  assert.throws(() => mask(3, 7), /more levels/);
  assert.throws(() => mask(4, 7, new Uint8Array(6)), RangeError);
});
