// SPDX-License-Identifier: Apache-2.0
import { fromFloat16Bits, toFloat16Bits } from './float-formats.ts';

/** GGML's Q8_0 (ggml-quants.c, quantize_row_q8_0_ref): blocks of 32 values within a row, a float16 scale and 32 signed bytes. */
export const q8BlockValues = 32;
export const q8BlockBytes = 34;

/** Largest scale that float16 holds, with the rounding up to infinity at 65,520. */
const scaleLimit = 65_520;

/** @throws RangeError unless there are whole blocks of finite values. */
export function encodeQ8(values: Float32Array): Uint8Array {
  if (values.length % q8BlockValues !== 0) throw new RangeError('Q8_0 needs a multiple of 32 values');
  const bytes = new Uint8Array((values.length / q8BlockValues) * q8BlockBytes);
  const fault = encodeQ8Into(values, bytes);
  if (fault !== undefined) throw new RangeError(`value ${fault} has no Q8_0 form: ${values[fault]}`);
  return bytes;
}

/**
 * scale = max|x| / 127 in float32; level = x * (1 / scale), rounded half away from zero; every step in float32, as the reference does.
 * @param values whole blocks. @param target 34 bytes for each 32 values.
 * @returns index of a value that is not finite or too large for a float16 scale; undefined when all went well.
 */
export function encodeQ8Into(values: Float32Array, target: Uint8Array): number | undefined {
  if (target.length * q8BlockValues !== values.length * q8BlockBytes)
    throw new RangeError('Q8_0: 34 bytes per 32 values');
  const { abs, floor, fround, max } = Math;
  const levels = new Int8Array(target.buffer, target.byteOffset, target.length);
  let position = 0;
  for (let start = 0; start < values.length; start += q8BlockValues) {
    // Math.max keeps a NaN once it has met one.
    let largest = 0;
    for (let index = start; index < start + q8BlockValues; index += 1) largest = max(largest, abs(values[index]!));
    const scale = fround(largest / 127);
    if (!(scale < scaleLimit))
      return start + values.subarray(start).findIndex((value) => !(fround(abs(value) / 127) < scaleLimit));
    // Below 2^-126 an inverse may not be finite, and the scale is zero as float16 anyway.
    const inverse = scale < 2 ** -126 ? 0 : fround(1 / scale);
    const bits = toFloat16Bits(scale);
    target[position] = bits & 0xff;
    target[position + 1] = bits >>> 8;
    position += 2;
    for (let index = start; index < start + q8BlockValues; index += 1) {
      const scaled = fround(values[index]! * inverse);
      // Half up, then a tie below zero one further down: a branch that is hardly ever taken.
      let level = floor(scaled + 0.5);
      if (level - scaled === 0.5 && scaled < 0) level -= 1;
      levels[position] = level;
      position += 1;
    }
  }
  return undefined;
}

/** @throws RangeError unless there are whole blocks. */
export function decodeQ8(bytes: Uint8Array): Float32Array {
  if (bytes.length % q8BlockBytes !== 0) throw new RangeError('Q8_0 needs a multiple of 34 bytes');
  const levels = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array((bytes.length / q8BlockBytes) * q8BlockValues);
  let position = 0;
  for (let start = 0; start < values.length; start += q8BlockValues) {
    const scale = fromFloat16Bits(bytes[position]! | (bytes[position + 1]! << 8));
    position += 2;
    for (let index = start; index < start + q8BlockValues; index += 1) {
      values[index] = scale * levels[position]!;
      position += 1;
    }
  }
  return values;
}
