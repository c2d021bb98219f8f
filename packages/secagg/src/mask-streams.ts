// SPDX-License-Identifier: Apache-2.0
import { openKeyStream } from '@kiban/crypto';

/** One key stream to add to a vector (1) or to take off it (-1). Plain data: may be posted to a worker thread. */
export interface MaskStream {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** Bytes per pass over all streams: the destination stays in cache. */
const chunkBytes = 65536;

/**
 * Adds and removes streams in place, modulo 2^bits. Words are little-endian; byte offset in a stream = byte offset of the word in the whole
 * vector, so any part masked alone has the same bytes.
 * @param input.wordOffset number of the first word in the whole vector; its byte offset is a multiple of 16
 */
export function applyMaskStreams(input: {
  readonly bits: 8 | 16 | 32;
  readonly streams: readonly MaskStream[];
  readonly words: Uint8Array | Uint16Array | Uint32Array;
  readonly wordOffset: number;
}): void {
  const { bits, streams, words } = input;
  if (words.BYTES_PER_ELEMENT !== bits / 8) throw new RangeError(`words of ${bits} bits are needed`);
  if (words.length === 0) return;
  const opened = streams.map((stream) => openKeyStream(stream.key, input.wordOffset * (bits / 8)));
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const target = bytes.subarray(start, start + chunkBytes);
    for (let index = 0; index < opened.length; index += 1) {
      const mask = opened[index]!.next(target.length);
      if (streams[index]!.sign === 1) addBytes(target, mask, bits);
      else subtractBytes(target, mask, bits);
    }
  }
}

/**
 * Several ring words per 32-bit lane: the top bit of each word is added apart, so that no carry crosses into the next word. One loop over one
 * array type for all widths stays fast whatever was run before.
 */
function addBytes(target: Uint8Array, mask: Uint8Array, bits: 8 | 16 | 32): void {
  const whole = target.length >>> 2;
  const a = lanesOf(target, whole);
  const b = lanesOf(mask, whole);
  const top = topBits[bits];
  const rest = ~top;
  for (let index = 0; index < whole; index += 1) {
    const x = a[index]!;
    const y = b[index]!;
    a[index] = (((x & rest) + (y & rest)) | 0) ^ ((x ^ y) & top);
  }
  returnLanes(target, a);
  addTail(target, mask, whole * 4, bits, 1);
}

function subtractBytes(target: Uint8Array, mask: Uint8Array, bits: 8 | 16 | 32): void {
  const whole = target.length >>> 2;
  const a = lanesOf(target, whole);
  const b = lanesOf(mask, whole);
  const top = topBits[bits];
  const rest = ~top;
  for (let index = 0; index < whole; index += 1) {
    const x = a[index]!;
    const y = b[index]!;
    a[index] = (((x | top) - (y & rest)) | 0) ^ ((x ^ ~y) & top);
  }
  returnLanes(target, a);
  addTail(target, mask, whole * 4, bits, -1);
}

const topBits = { 8: 0x80808080 | 0, 16: 0x80008000 | 0, 32: 0x80000000 | 0 } as const;

/** A view where the bytes are aligned, else a copy. */
function lanesOf(bytes: Uint8Array, count: number): Int32Array {
  if (bytes.byteOffset % 4 === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  return new Int32Array(bytes.slice(0, count * 4).buffer);
}

function returnLanes(target: Uint8Array, lanes: Int32Array): void {
  if (lanes.buffer !== target.buffer) target.set(new Uint8Array(lanes.buffer));
}

/** At most three bytes: whole words of 8 or 16 bits. */
function addTail(target: Uint8Array, mask: Uint8Array, from: number, bits: 8 | 16 | 32, sign: 1 | -1): void {
  const bytesPerWord = bits / 8;
  for (let at = from; at < target.length; at += bytesPerWord) {
    let carry = 0;
    for (let byte = at; byte < at + bytesPerWord; byte += 1) {
      const sum = target[byte]! + sign * mask[byte]! + carry;
      target[byte] = sum;
      carry = sum >> 8;
    }
  }
}
