// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NoiseSource, quantiseBlock, roundingNoise } from './block-quantiser.ts';
import { addWords, fitsRing } from './ring-words.ts';

const noise = (seed: number) => roundingNoise(Uint8Array.from({ length: 16 }, (_, index) => (seed >>> (index % 4)) + index + 1));
const topNoise: NoiseSource = (count) => new Uint16Array(count).fill(65_535);

function levels(values: Float32Array, scale: number, limit: number, source: NoiseSource): Int8Array {
  const result = quantiseBlock(values, scale, limit, source);
  assert.ok(result.ok);
  return result.block.levels;
}

test('levels stay within the limit and within one step of the value, whatever the noise', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, min: -10, max: 10, maxLength: 100 }), fc.nat(), (values, seed) => {
      const result = levels(values, Math.fround(0.05), 127, noise(seed));
      result.forEach((level, index) => {
        assert.ok(Math.abs(level) <= 127);
        const wanted = values[index]! / Math.fround(0.05);
        if (Math.abs(wanted) <= 126) assert.ok(Math.abs(level - wanted) <= 1 + 1e-4);
      });
    }),
  );
});

test('a value at the limit does not leave it by rounding up', () => {
  const limitValue = Float32Array.of(127, 127.5, -127);
  assert.deepEqual([...levels(limitValue, 1, 127, topNoise)], [127, 127, -127 + 0]);
  // The control: clamping before the noise lets 127.5 round to 128, which wraps to -128 in a byte.
  const broken = Int8Array.from(limitValue, (value) => Math.floor(Math.min(127.5, value) + 65_535.5 / 65_536));
  assert.equal(broken[1], -128);
});

test('rounding is unbiased', () => {
  const value = 0.3;
  const result = levels(new Float32Array(100_000).fill(value), 1, 127, noise(7));
  const mean = result.reduce((sum, level) => sum + level, 0) / result.length;
  assert.ok(Math.abs(mean - value) < 0.006, `mean ${mean}`);
});

test('clipped values are counted, and a value that is not finite is refused with its place', () => {
  const clipped = quantiseBlock(Float32Array.of(500, -500, 1), 1, 127, topNoise);
  assert.ok(clipped.ok && clipped.block.clippedCount === 2);
  assert.deepEqual(quantiseBlock(Float32Array.of(1, Number.NaN), 1, 127, topNoise), { ok: false, index: 1 });
  assert.deepEqual(quantiseBlock(Float32Array.of(Number.POSITIVE_INFINITY), 1, 127, topNoise), { ok: false, index: 0 });
});

test('sums of words are the plain sums while members times limit fit the ring, and wrap beyond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 258 }), fc.integer({ min: 1, max: 33 }), fc.nat(), (members, length, seed) => {
      assert.ok(fitsRing(members, 127, 16));
      const total = new Uint16Array(length);
      const plain = new Int32Array(length);
      for (let member = 0; member < members; member += 1) {
        const own = Int16Array.from({ length }, (_, index) => (((seed + member * 31 + index * 17) >>> 0) % 255) - 127);
        addWords(total, new Uint16Array(own.buffer));
        own.forEach((value, index) => {
          plain[index]! += value;
        });
      }
      assert.deepEqual([...new Int16Array(total.buffer)], [...plain]);
    }),
  );
  assert.equal(fitsRing(259, 127, 16), false);
  assert.equal(fitsRing(18, 7, 8), true);
  assert.equal(fitsRing(19, 7, 8), false);
});
