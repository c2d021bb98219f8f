// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float-formats.ts';

test('every float16 value survives the way through float32', () => {
  for (let bits = 0; bits < 65_536; bits += 1) {
    const value = fromFloat16Bits(bits);
    if (Number.isNaN(value)) assert.ok(Number.isNaN(fromFloat16Bits(toFloat16Bits(value))));
    else assert.equal(toFloat16Bits(value), bits, bits.toString(16));
  }
});

test('float16 and bfloat16 give the nearest value, ties to even', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -60_000, max: 60_000 }), (value) => {
      for (const [to, from] of [
        [toFloat16Bits, fromFloat16Bits],
        [toBfloat16Bits, fromBfloat16Bits],
      ] as const) {
        const bits = to(value);
        const error = Math.abs(from(bits) - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          const other = from(neighbour & 0xffff);
          if (!Number.isFinite(other) || Math.sign(other) !== Math.sign(value)) continue;
          const otherError = Math.abs(other - value);
          assert.ok(error < otherError || (error === otherError && (bits & 1) === 0));
        }
      }
    }),
  );
});

test('beyond the largest float16 is infinity, and a tie just below it rounds up', () => {
  assert.equal(toFloat16Bits(65_504), 0x7bff);
  assert.equal(toFloat16Bits(65_519), 0x7bff);
  assert.equal(toFloat16Bits(65_520), 0x7c00);
  assert.equal(toFloat16Bits(-Number.POSITIVE_INFINITY), 0xfc00);
});
