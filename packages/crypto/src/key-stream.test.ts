// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyKeyStream, openKeyStream } from './key-stream.ts';

const key = new Uint8Array(32).map((_, index) => index);

/** The definition: AES of the block number, block after block. */
function reference(blockCount: number, firstBlock = 0n): Uint8Array {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const blocks = Buffer.alloc(blockCount * 16);
  for (let index = 0; index < blockCount; index += 1)
    blocks.writeBigUInt64BE(firstBlock + BigInt(index), index * 16 + 8);
  return new Uint8Array(cipher.update(blocks));
}

test('entered at any block, in chunks of any size, the stream is that of its definition', () => {
  const whole = reference(300);
  fc.assert(
    fc.property(fc.nat(250), fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 6 }), (block, chunks) => {
      const stream = openKeyStream(key, block * 16);
      let at = block * 16;
      for (const chunk of chunks) {
        const length = Math.min(chunk, whole.length - at);
        if (length === 0) return;
        const place = new Uint8Array(length + 2);
        if (chunk % 2 === 0) stream.writeNext(place.subarray(1, -1));
        else place.set(stream.next(length), 1);
        assert.deepEqual(place, Uint8Array.of(0, ...whole.subarray(at, at + length), 0));
        at += length;
      }
    }),
    { numRuns: 100 },
  );
});

test('a long stream leaves no memory behind', () => {
  const stream = openKeyStream(key);
  const target = new Uint8Array(131_072);
  for (let chunk = 0; chunk < 3; chunk += 1) stream.writeNext(target);
  const before = process.memoryUsage().arrayBuffers;
  for (let chunk = 0; chunk < 40; chunk += 1) stream.writeNext(target);
  assert.ok(process.memoryUsage().arrayBuffers - before < target.length);
});

test('the block number goes on beyond 32 bits', () => {
  assert.deepEqual(new Uint8Array(openKeyStream(key, 2 ** 36).next(32)), reference(2, 2n ** 32n));
});

test('an offset inside a block is refused', () => {
  assert.throws(() => openKeyStream(key, 8), RangeError);
  assert.throws(() => openKeyStream(key, -16), RangeError);
});

test('applying a stream twice gives the bytes back, whatever the chunks', () => {
  const bytes = new Uint8Array(1000).map((_, index) => index * 7);
  const once = Uint8Array.from(bytes);
  applyKeyStream(key, 32, once, 64);
  assert.notDeepEqual(once, bytes);
  applyKeyStream(key, 32, once, 128);
  assert.deepEqual(once, bytes);
});
