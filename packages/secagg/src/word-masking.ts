// SPDX-License-Identifier: Apache-2.0
import type { Sealed } from '@kiban/core';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';
import type { AggregationPlan } from './plan.ts';

/** Quantised values of one member, one element per word. */
export type Levels = Int8Array | Int16Array | Int32Array;

/**
 * Masked bytes of one part of the vector, ready to upload. Memory: the part and one chunk per stream.
 * @param input.wordOffset of the first level in the whole vector; its byte offset is a multiple of 16 (shards always are)
 * @param input.into reused between calls, if given: at least as many bytes as the part, 4-byte aligned
 * @throws RangeError when a level lies beyond the plan's limit: the sum could overflow in silence
 */
export function maskWords(input: {
  readonly plan: AggregationPlan;
  readonly streams: Sealed<readonly MaskStream[]>;
  readonly levels: Levels;
  readonly wordOffset: number;
  readonly into?: Uint8Array;
}): Uint8Array {
  const { plan, levels } = input;
  if (input.wordOffset + levels.length > plan.wordCount) throw new RangeError('more levels than the plan has words');
  const byteLength = levels.length * (plan.bits / 8);
  const bytes = input.into?.subarray(0, byteLength) ?? new Uint8Array(byteLength);
  if (bytes.length !== byteLength) throw new RangeError('the given buffer is too small');
  const words = wordsOf(plan.bits, bytes);
  if (!widen(levels, words, plan.levelLimit)) throw new RangeError('a level lies beyond the limit of the plan');
  applyMaskStreams({ bits: plan.bits, streams: input.streams.open(), words, wordOffset: input.wordOffset });
  return bytes;
}

/** The same memory as ring words; little-endian machines only. */
export function wordsOf(bits: 8 | 16 | 32, bytes: Uint8Array): Uint8Array | Uint16Array | Uint32Array {
  if (bits === 8) return bytes;
  if (bits === 16) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** An opened sum in two's complement: the same memory, signed. */
export function signedWords(bits: 8 | 16 | 32, words: Uint8Array | Uint16Array | Uint32Array): Levels {
  if (words.BYTES_PER_ELEMENT !== bits / 8) throw new RangeError(`words of ${bits} bits are needed`);
  if (bits === 8) return new Int8Array(words.buffer, words.byteOffset, words.length);
  if (bits === 16) return new Int16Array(words.buffer, words.byteOffset, words.length);
  return new Int32Array(words.buffer, words.byteOffset, words.length);
}

function widen(levels: Levels, words: Uint8Array | Uint16Array | Uint32Array, limit: number): boolean {
  let beyond = 0;
  for (let index = 0; index < levels.length; index += 1) {
    const level = levels[index]!;
    beyond |= +(level > limit) | +(level < -limit);
    words[index] = level;
  }
  return beyond === 0;
}
