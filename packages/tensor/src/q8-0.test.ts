// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeQ8, encodeQ8 } from './q8-0.ts';

test('Q8_0 rounds half away from zero', () => {
  // The largest value is 127, so the scale is 1 and each value is its own level before rounding.
  const values = Float32Array.from({ length: 32 }, (_, index) => (index === 0 ? 127 : index - 16.5));
  const levels = [...new Int8Array(encodeQ8(values).buffer, 2, 32)];
  assert.deepEqual(levels.slice(1, 17), [-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1]);
  assert.deepEqual(levels.slice(17), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
});

test('decoded values are within half a step and the rounding of the scale', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, min: -3, max: 3, minLength: 64, maxLength: 64 }), (values) => {
      const decoded = decodeQ8(encodeQ8(values));
      for (let start = 0; start < 64; start += 32) {
        const largest = Math.max(...values.subarray(start, start + 32).map(Math.abs));
        for (let index = start; index < start + 32; index += 1)
          assert.ok(Math.abs(decoded[index]! - values[index]!) <= (largest / 127) * 0.5 + largest * 6e-4 + 1e-5);
      }
    }),
  );
});

test('zeros, and values too small for a float16 scale, become zeros', () => {
  assert.deepEqual(encodeQ8(new Float32Array(32)), new Uint8Array(34));
  assert.deepEqual(decodeQ8(encodeQ8(new Float32Array(32).fill(1e-44))), new Float32Array(32));
  assert.deepEqual(decodeQ8(encodeQ8(new Float32Array(32).fill(-1e-40))), new Float32Array(32));
});

test('a value that is not finite or too large is refused with its place', () => {
  for (const fault of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 127 * 65_520]) {
    const values = new Float32Array(64).fill(1);
    values[40] = fault;
    values[50] = 2;
    assert.throws(() => encodeQ8(values), /value 40 has no Q8_0 form/);
  }
  assert.doesNotThrow(() => encodeQ8(new Float32Array(32).fill(127 * 65_504)));
  assert.throws(() => encodeQ8(new Float32Array(33)), RangeError);
  assert.throws(() => decodeQ8(new Uint8Array(33)), RangeError);
});
