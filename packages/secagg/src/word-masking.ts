// SPDX-License-Identifier: Apache-2.0
import type { Sealed } from '@kiban/core';
import { type RingKernels, type RingWords, threadRingKernels } from '@kiban/tensor';
import { type MaskStream, maskChunkBytes, openMaskStreams } from './mask-streams.ts';
import type { AggregationPlan } from './plan.ts';

/** Quantised values of one member, one element per word. */
export type Levels = Int8Array | Int16Array | Int32Array;

/** Levels of one chunk, written into `target` from word `wordOffset` of the whole vector on. */
export type LevelReader = (target: Int8Array, wordOffset: number) => void;

/**
 * Masked bytes of one part of the vector, ready to upload. Chunk by chunk, so that the bytes are in cache from the levels to `onChunk`; memory
 * beyond the part: the scratch of the kernels.
 * @param input.wordOffset of the first level in the whole vector; its byte offset is a multiple of 16 (shards always are)
 * @param input.into where the bytes go, as many as the part has; fastest in the memory of `kernels`
 * @param input.onChunk called with each piece of `into` once it is final, in order
 * @throws RangeError when a level lies beyond the plan's limit: the sum could overflow in silence
 */
export function maskWords(input: {
  readonly plan: Pick<AggregationPlan, 'bits' | 'levelLimit' | 'wordCount'>;
  readonly streams: Sealed<readonly MaskStream[]>;
  readonly levels: Levels | { readonly count: number; readonly read: LevelReader };
  readonly wordOffset: number;
  readonly into?: Uint8Array;
  readonly kernels?: RingKernels;
  readonly onChunk?: (bytes: Uint8Array) => void;
}): Uint8Array {
  const { plan, levels, wordOffset, kernels = threadRingKernels() } = input;
  const { bits, levelLimit } = plan;
  const count = 'read' in levels ? levels.count : levels.length;
  if (wordOffset + count > plan.wordCount) throw new RangeError('more levels than the plan has words');
  const bytesPerWord = bits / 8;
  const byteLength = count * bytesPerWord;
  const into = input.into ?? new Uint8Array(byteLength);
  if (into.length !== byteLength) throw new RangeError(`${byteLength} masked bytes into ${into.length}`);
  const streams = input.streams.open();
  const masks = openMaskStreams({ bits, streams, kernels, wordOffset: input.wordOffset });
  for (let start = 0; start < byteLength; start += maskChunkBytes) {
    const target = into.subarray(start, start + maskChunkBytes);
    const chunk = kernels.holds(target)
      ? target
      : kernels.scratch.subarray(maskChunkBytes, maskChunkBytes + target.length);
    const first = start / bytesPerWord;
    const length = target.length / bytesPerWord;
    let inside: boolean;
    if ('read' in levels || levels instanceof Int8Array) {
      const held = new Int8Array(kernels.memory.buffer, kernels.scratch.byteOffset + 2 * maskChunkBytes, length);
      if ('read' in levels) levels.read(held, wordOffset + first);
      else held.set(levels.subarray(first, first + length));
      inside = kernels.widen(bits, held, chunk, Math.min(levelLimit, 127));
    } else inside = widenLarge(levels.subarray(first, first + length), wordsOf(bits, chunk), levelLimit);
    if (!inside) throw new RangeError('a level lies beyond the limit of the plan');
    masks.apply(chunk);
    if (chunk !== target) target.set(chunk);
    input.onChunk?.(target);
  }
  return into;
}

/** The same memory as ring words; little-endian machines only. */
export function wordsOf(bits: 8 | 16 | 32, bytes: Uint8Array): RingWords {
  if (bits === 8) return bytes;
  if (bits === 16) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** An opened sum in two's complement: the same memory, signed. */
export function signedWords(bits: 8 | 16 | 32, words: RingWords): Levels {
  if (words.BYTES_PER_ELEMENT !== bits / 8) throw new RangeError(`words of ${bits} bits are needed`);
  if (bits === 8) return new Int8Array(words.buffer, words.byteOffset, words.length);
  if (bits === 16) return new Int16Array(words.buffer, words.byteOffset, words.length);
  return new Int32Array(words.buffer, words.byteOffset, words.length);
}

/** Levels of more than eight bits: counts and energies, few and rare. */
function widenLarge(levels: Int16Array | Int32Array, words: RingWords, limit: number): boolean {
  let beyond = 0;
  for (let index = 0; index < levels.length; index += 1) {
    const level = levels[index]!;
    beyond |= +(level > limit) | +(level < -limit);
    words[index] = level;
  }
  return beyond === 0;
}
