// SPDX-License-Identifier: Apache-2.0
import { writeFileDurably } from '@kiban/core';
import { encodeBfloat16, encodeFloat16 } from './float-formats.ts';
import { bytesPerValue, largestHeaderBytes, type SafetensorsType } from './safetensors-header.ts';
import { valueCount } from './tensor-shape.ts';
import { piecesOf, pieceValues, type ValueStream } from './value-stream.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: SafetensorsType;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  /** Called once, when the tensor's turn comes: memory never holds the whole model. */
  readonly data: () => ValueStream | Promise<ValueStream>;
}

/**
 * Writes tensors in the given order, durably: temp file, fdatasync, rename. BF16 and F16 round to nearest even. The header is padded with
 * spaces to 8 bytes.
 * @throws RangeError for a name given twice, or values that do not fill their shape; then nothing is left behind.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header = encodeHeader(tensors, metadata);
  await writeFileDurably(path, content());

  async function* content(): AsyncGenerator<Uint8Array> {
    yield header;
    const scratch = new Uint16Array(pieceValues);
    for (const { name, dtype, shape, data } of tensors) {
      // The file takes each piece before it asks for the next, so one scratch buffer serves all.
      for await (const piece of piecesOf(await data(), valueCount(shape)!, name)) {
        yield encode(piece, dtype, scratch);
      }
    }
  }
}

function encodeHeader(tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries: [string, unknown][] = [['__metadata__', metadata]];
  const names = new Set(['__metadata__']);
  let position = 0;
  for (const { name, dtype, shape } of tensors) {
    if (names.has(name)) throw new RangeError(`tensor ${name} is given twice`);
    names.add(name);
    const count = valueCount(shape);
    if (count === undefined) throw new RangeError(`tensor ${name}: ${shape.join(' x ')} is not a shape`);
    const end = position + count * bytesPerValue[dtype];
    entries.push([name, { dtype, shape, data_offsets: [position, end] }]);
    position = end;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)), 'utf8');
  const padded = Math.ceil(text.length / 8) * 8;
  if (padded > largestHeaderBytes) throw new RangeError(`a header of ${padded} bytes is too large for safetensors`);
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  text.copy(bytes, 8);
  return bytes;
}

function encode(values: Float32Array, dtype: SafetensorsType, scratch: Uint16Array): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  const words = scratch.subarray(0, values.length);
  if (dtype === 'BF16') encodeBfloat16(values, words);
  else encodeFloat16(values, words);
  return new Uint8Array(words.buffer as ArrayBuffer, 0, words.byteLength);
}
