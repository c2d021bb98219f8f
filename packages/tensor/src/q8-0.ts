// SPDX-License-Identifier: Apache-2.0
import { fromFloat16Bits, toFloat16Bits } from './float-formats.ts';

/** GGML's Q8_0: blocks of 32 values, a float16 scale and 32 signed bytes. */
export const q8BlockValues = 32;
export const q8BlockBytes = 34;

/** scale = max|x| / 127 in float32; levels rounded half away from zero, every step in float32, as the reference does. */
export function encodeQ8(values: Float32Array): Uint8Array {
  if (values.length % q8BlockValues !== 0) throw new RangeError('Q8_0 needs a multiple of 32 values');
  const { fround } = Math;
  const out = Buffer.alloc((values.length / q8BlockValues) * q8BlockBytes);
  for (let block = 0; block * q8BlockValues < values.length; block += 1) {
    let largest = 0;
    for (let index = 0; index < q8BlockValues; index += 1)
      largest = Math.max(largest, Math.abs(values[block * q8BlockValues + index]!));
    const scale = fround(largest / 127);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    out.writeUInt16LE(toFloat16Bits(scale), block * q8BlockBytes);
    for (let index = 0; index < q8BlockValues; index += 1) {
      const scaled = fround(values[block * q8BlockValues + index]! * inverse);
      const rounded = Math.sign(scaled) * Math.floor(fround(Math.abs(scaled)) + 0.5);
      out.writeInt8(rounded, block * q8BlockBytes + 2 + index);
    }
  }
  return out;
}

export function decodeQ8(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array((bytes.byteLength / q8BlockBytes) * q8BlockValues);
  for (let index = 0; index < values.length; index += 1) {
    const block = Math.floor(index / q8BlockValues);
    const scale = fromFloat16Bits(view.getUint16(block * q8BlockBytes, true));
    values[index] = Math.fround(scale * view.getInt8(block * q8BlockBytes + 2 + (index % q8BlockValues)));
  }
  return values;
}
