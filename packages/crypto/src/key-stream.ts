// SPDX-License-Identifier: Apache-2.0
import { createCipheriv } from 'node:crypto';

/** Output of a stream cipher, read forward. */
export interface KeyStream {
  /** The next bytes. A fresh array each time; keep `length` between 64 KiB and 256 KiB for speed. */
  next(length: number): Uint8Array;
  /** The next bytes into `target`, and no garbage: for long streams. */
  writeNext(target: Uint8Array): void;
}

/** Zeros to encrypt; grown to the largest chunk asked for, never written to. */
let zeros = new Uint8Array(0);

/**
 * AES-256-CTR key stream (NIST SP 800-38A) whose counter block is the 128-bit big-endian block number from 0, so it may be entered at every
 * 16-byte boundary.
 * @param key 32 bytes, used for one stream only
 * @param byteOffset from the stream's start, a multiple of 16
 */
export function openKeyStream(key: Uint8Array, byteOffset = 0): KeyStream {
  if (!Number.isSafeInteger(byteOffset) || byteOffset < 0 || byteOffset % 16 !== 0) {
    throw new RangeError('a key stream is entered at a multiple of 16 bytes');
  }
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(byteOffset / 16), 8);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  const next = (length: number): Buffer<ArrayBuffer> => {
    if (zeros.length < length) zeros = new Uint8Array(length);
    return cipher.update(zeros.length === length ? zeros : zeros.subarray(0, length)) as Buffer<ArrayBuffer>;
  };
  return {
    next,
    writeNext(target) {
      const bytes = next(target.length);
      target.set(bytes);
      // The cipher allocates its output outside the heap, where the collector sees little need to hurry: given back at once, the same memory
      // serves the next chunk while it is still in cache.
      if (bytes.buffer.byteLength === bytes.byteLength) bytes.buffer.transfer(0);
    },
  };
}

/** XORs the stream into `bytes`, in place and in chunks. `byteOffset` is a multiple of 16. */
export function applyKeyStream(key: Uint8Array, byteOffset: number, bytes: Uint8Array, chunkBytes = 131072): void {
  const stream = openKeyStream(key, byteOffset);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const mask = stream.next(Math.min(chunkBytes, bytes.length - start));
    for (let index = 0; index < mask.length; index += 1) bytes[start + index]! ^= mask[index]!;
  }
}
