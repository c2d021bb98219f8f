// SPDX-License-Identifier: Apache-2.0
import { openKeyStream } from '@kiban/crypto';
import { type RingKernels, threadRingKernels } from '@kiban/tensor';

/** One key stream to add to a vector (1) or to take off it (-1). Plain data: may be posted to a worker thread. */
export interface MaskStream {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** Bytes per pass over all streams: the destination stays in cache. */
export const maskChunkBytes = 131_072;

/** Streams that have been entered at one place of the vector and go on from there. */
export interface OpenMaskStreams {
  /** Adds and removes all streams on the next bytes: at most {@link maskChunkBytes}, in the memory of `kernels`, beyond its first scratch chunk. */
  apply(target: Uint8Array): void;
}

/**
 * Words are little-endian; byte offset in a stream = byte offset of the word in the whole vector, so any part masked alone has the same bytes.
 * @param input.wordOffset number of the first word in the whole vector; its byte offset is a multiple of 16
 */
export function openMaskStreams(input: {
  readonly bits: 8 | 16 | 32;
  readonly streams: readonly MaskStream[];
  readonly wordOffset: number;
  readonly kernels: RingKernels;
}): OpenMaskStreams {
  const { bits, streams, kernels } = input;
  const opened = streams.map(({ key, sign }) => ({ stream: openKeyStream(key, input.wordOffset * (bits / 8)), sign }));
  return {
    apply(target) {
      const mask = kernels.scratch.subarray(0, target.length);
      for (const { stream, sign } of opened) {
        stream.writeNext(mask);
        if (sign === 1) kernels.add(bits, target, mask);
        else kernels.subtract(bits, target, mask);
      }
    },
  };
}

/**
 * Adds and removes streams in place, modulo 2^bits. Words outside the memory of the kernels pass through it chunk by chunk.
 * @param input.wordOffset as for {@link openMaskStreams}
 * @param input.kernels those whose memory has the words; this thread's own if they lie elsewhere
 */
export function applyMaskStreams(input: {
  readonly bits: 8 | 16 | 32;
  readonly streams: readonly MaskStream[];
  readonly words: Uint8Array | Uint16Array | Uint32Array;
  readonly wordOffset: number;
  readonly kernels?: RingKernels;
}): void {
  const { bits, streams, words, wordOffset, kernels = threadRingKernels() } = input;
  if (words.BYTES_PER_ELEMENT !== bits / 8) throw new RangeError(`words of ${bits} bits are needed`);
  if (words.length === 0) return;
  const masks = openMaskStreams({ bits, streams, wordOffset, kernels });
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let start = 0; start < bytes.length; start += maskChunkBytes) {
    const target = bytes.subarray(start, start + maskChunkBytes);
    if (kernels.holds(target)) masks.apply(target);
    else {
      const passing = kernels.scratch.subarray(maskChunkBytes, maskChunkBytes + target.length);
      passing.set(target);
      masks.apply(passing);
      target.set(passing);
    }
  }
}
