// SPDX-License-Identifier: Apache-2.0
import { ctr } from '@noble/ciphers/aes.js';

/** A key stream that is added (1n) or taken off (-1n). */
export interface SignedStream {
  readonly key: Uint8Array;
  readonly sign: 1n | -1n;
}

/** Bytes of the stream from a byte offset that is a multiple of 16. */
export function streamBytes(key: Uint8Array, byteOffset: number, length: number): Uint8Array {
  const counter = new Uint8Array(16);
  let block = BigInt(byteOffset) / 16n;
  for (let place = 15; block > 0n; place -= 1, block >>= 8n) counter[place] = Number(block & 255n);
  return ctr(key, counter).encrypt(new Uint8Array(length));
}

/** value + sum of the signed streams, modulo 2^bits, as little-endian bytes; `wordOffset` is that of the first value in the whole vector. */
export function maskValues(
  values: readonly bigint[],
  bits: number,
  streams: readonly SignedStream[],
  wordOffset: number,
): Uint8Array {
  const size = bits / 8;
  const masks = streams.map(({ key, sign }) => ({
    sign,
    words: readWords(streamBytes(key, wordOffset * size, values.length * size), bits),
  }));
  const bytes = new Uint8Array(values.length * size);
  for (const [index, value] of values.entries()) {
    let word = value;
    for (const { sign, words } of masks) word += sign * (words[index] as bigint);
    for (let byte = 0; byte < size; byte += 1) bytes[index * size + byte] = Number((word >> BigInt(8 * byte)) & 255n);
  }
  return bytes;
}

/** Unsigned little-endian words. */
export function readWords(bytes: Uint8Array, bits: number): bigint[] {
  const size = bits / 8;
  return Array.from({ length: bytes.length / size }, (_, index) => {
    let word = 0n;
    for (let byte = size - 1; byte >= 0; byte -= 1) word = (word << 8n) | BigInt(bytes[index * size + byte] as number);
    return word;
  });
}
