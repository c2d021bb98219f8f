// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  fromBfloat16Bits,
  fromFloat16Bits,
  toBfloat16Bits,
  toFloat16Bits,
} from './float-formats.ts';

const everyWord = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

test('every 16-bit pattern survives the way to float32 and back', () => {
  for (const [from, to] of [
    [fromFloat16Bits, toFloat16Bits],
    [fromBfloat16Bits, toBfloat16Bits],
  ] as const) {
    for (const bits of everyWord) {
      const value = from(bits);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(from(to(value))));
      else assert.equal(to(value), bits);
    }
  }
});

/** Values at, just below, just above and half-way between all neighbouring finite patterns of a format. */
function probes(from: (bits: number) => number, positiveFinite: number): Float32Array {
  const values: number[] = [];
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let pattern = 0; pattern + 1 < positiveFinite; pattern += 1) {
    float[0] = from(pattern) + (from(pattern + 1) - from(pattern)) / 2;
    for (const step of [-1, 0, 1]) {
      bits[0]! += step === -1 ? -1 : 1;
      values.push(float[0]!, -float[0]!);
    }
  }
  return Float32Array.from(values);
}

test('every tie and its neighbours go to the nearest value, ties to the even one, in both formats', () => {
  for (const [to, from, infinity] of [
    [toFloat16Bits, fromFloat16Bits, 0x7c00],
    [toBfloat16Bits, fromBfloat16Bits, 0x7f80],
  ] as const) {
    for (const value of probes(from, infinity)) {
      const bits = to(value);
      assert.equal(bits >>> 15, Object.is(Math.sign(value), -1) || Object.is(value, -0) ? 1 : 0);
      const error = Math.abs(from(bits) - value);
      for (const neighbour of [(bits & 0x7fff) - 1, (bits & 0x7fff) + 1]) {
        if (neighbour < 0 || neighbour >= infinity) continue;
        const otherError = Math.abs(from(neighbour) - Math.abs(value));
        if (!(error < otherError || (error === otherError && (bits & 1) === 0))) assert.fail(`${value} to ${bits}`);
      }
    }
  }
});

test('beyond the largest value is infinity, and the tie just below it rounds up', () => {
  assert.equal(toFloat16Bits(65_504), 0x7bff);
  assert.equal(toFloat16Bits(65_519), 0x7bff);
  assert.equal(toFloat16Bits(65_520), 0x7c00);
  assert.equal(toFloat16Bits(Number.NEGATIVE_INFINITY), 0xfc00);
  assert.equal(toBfloat16Bits(3.3895313892515355e38), 0x7f7f);
  assert.equal(toBfloat16Bits(3.4028234663852886e38), 0x7f80);
  assert.equal(toFloat16Bits(2 ** -25), 0);
  assert.equal(toFloat16Bits(2 ** -25 * 1.001), 1);
});

test('whole arrays are converted as single values are', () => {
  const values = Float32Array.of(
    ...probes(fromFloat16Bits, 0x7c00).filter((_, index) => index % 7 === 0),
    65_520,
    -1e30,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    -0,
    1e-45,
    3.4e38,
  );
  const words = new Uint16Array(values.length);
  encodeFloat16(values, words);
  assert.deepEqual(words, Uint16Array.from(values, toFloat16Bits));
  encodeBfloat16(values, words);
  assert.deepEqual(words, Uint16Array.from(values, toBfloat16Bits));
  // As lists of numbers: what is inside a NaN may differ.
  assert.deepEqual([...decodeFloat16(everyWord)], Array.from(everyWord, fromFloat16Bits));
  assert.deepEqual([...decodeBfloat16(everyWord)], Array.from(everyWord, fromBfloat16Bits));
  assert.throws(() => encodeFloat16(values, new Uint16Array(1)), RangeError);
});
