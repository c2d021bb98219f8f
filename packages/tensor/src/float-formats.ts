// SPDX-License-Identifier: Apache-2.0

const floatView = new Float32Array(1);
const bitView = new Uint32Array(floatView.buffer);

function bitsOf(value: number): number {
  floatView[0] = value;
  return bitView[0]!;
}

function floatOf(bits: number): number {
  bitView[0] = bits;
  return floatView[0]!;
}

/** bfloat16 bits of a float32 value, nearest even; beyond the largest it is infinity, NaN stays a quiet NaN. */
export function toBfloat16Bits(value: number): number {
  const bits = bitsOf(value);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBfloat16Bits(bits: number): number {
  return floatOf(bits << 16);
}

/** IEEE 754 binary16 bits of a float32 value, nearest even, with subnormals; beyond 65,504 it is infinity. */
export function toFloat16Bits(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  const unbiased = exponent - 127 + 15;
  if (unbiased >= 31) return sign | 0x7c00;
  if (unbiased <= 0) {
    if (unbiased < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - unbiased);
  }
  // A carry out of the mantissa raises the exponent by itself, up to infinity.
  return sign | ((unbiased << 10) + roundShift(mantissa, 13));
}

function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const kept = value >>> shift;
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

export function fromFloat16Bits(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return floatOf(sign | 0x7f800000 | (mantissa << 13));
  if (exponent === 0) return (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
  return floatOf(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

/** {@link toBfloat16Bits} of every value. @param target as long as `values`. */
export function encodeBfloat16(values: Float32Array, target: Uint16Array): void {
  requireEqualLength(values, target);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let index = 0; index < bits.length; index += 1) {
    const word = bits[index]!;
    const notANumber = (word & 0x7fffffff) > 0x7f800000;
    target[index] = notANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

export function decodeBfloat16(words: Uint16Array): Float32Array {
  const values = new Float32Array(words.length);
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < words.length; index += 1) bits[index] = words[index]! << 16;
  return values;
}

/** {@link toFloat16Bits} of every value; a NaN keeps no payload. @param target as long as `values`. */
export function encodeFloat16(values: Float32Array, target: Uint16Array): void {
  requireEqualLength(values, target);
  new Float16Array(target.buffer, target.byteOffset, target.length).set(values);
}

export function decodeFloat16(words: Uint16Array): Float32Array {
  return new Float32Array(new Float16Array(words.buffer, words.byteOffset, words.length));
}

function requireEqualLength(values: Float32Array, target: Uint16Array): void {
  if (values.length !== target.length) throw new RangeError(`${values.length} values into ${target.length} words`);
}
