// SPDX-License-Identifier: Apache-2.0
import { writeFileDurably } from '@kiban/core';
import { encodeFloat16 } from './float-formats.ts';
import {
  alignUp,
  type GgufTensorType,
  type GgufValue,
  ggufTensorTypes,
  ggufValueCodes,
  longestTensorName,
  mostGgufDimensions,
} from './gguf-types.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { encodeQ8Into } from './q8-0.ts';
import { valueCount } from './tensor-shape.ts';
import { piecesOf, pieceValues, type ValueStream } from './value-stream.ts';

export interface GgufTensorToWrite {
  /** At most 63 bytes. */
  readonly name: string;
  /** As in safetensors, outermost first, one to four dimensions; the file holds it reversed. Q8_0: rows of whole blocks of 32. */
  readonly shape: readonly number[];
  readonly type: GgufTensorType;
  /** Called once, when the tensor's turn comes. */
  readonly data: () => ValueStream | Promise<ValueStream>;
}

/**
 * Writes GGUF v3 (ggml/docs/gguf.md), tensor by tensor in pieces of about a megabyte, durably: temp file, fdatasync, rename.
 * @throws RangeError for a shape that the type or the format does not allow, a name given twice, values that do not fill their shape, or
 * values that the type cannot hold (not finite, beyond float16). Then nothing is left behind.
 */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly GgufTensorToWrite[],
): Promise<void> {
  const header = encodeHeader(metadata, tensors);
  await writeFileDurably(path, content());

  async function* content(): AsyncGenerator<Uint8Array> {
    yield header;
    // The file takes each piece before it asks for the next, so one scratch buffer serves all.
    const scratch = new Uint8Array(pieceValues * 2);
    for (const { name, shape, type, data } of tensors) {
      let byteLength = 0;
      for await (const piece of piecesOf(await data(), valueCount(shape)!, name)) {
        const bytes = encode(piece, type, scratch, name);
        byteLength += bytes.length;
        yield bytes;
      }
      yield new Uint8Array(alignUp(byteLength) - byteLength);
    }
  }
}

function encodeHeader(metadata: ReadonlyMap<string, GgufValue>, tensors: readonly GgufTensorToWrite[]): Uint8Array {
  const bytes = new GrowingBytes();
  for (const letter of Buffer.from('GGUF', 'latin1')) bytes.uint8(letter);
  bytes.uint32(3);
  bytes.uint64(tensors.length);
  bytes.uint64(metadata.size);
  for (const [key, value] of metadata) {
    bytes.text(key);
    encodeValue(bytes, value);
  }
  const names = new Set<string>();
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    if (names.has(name)) throw new RangeError(`tensor ${name} is given twice`);
    if (Buffer.byteLength(name) > longestTensorName) throw new RangeError(`tensor ${name}: the name is too long`);
    names.add(name);
    const block = ggufTensorTypes[type];
    const count = valueCount(shape);
    const rowLength = shape.at(-1);
    if (!count || rowLength === undefined || shape.length > mostGgufDimensions || rowLength % block.values !== 0)
      throw new RangeError(`tensor ${name}: ${shape.join(' x ')} cannot be ${type}`);
    bytes.text(name);
    bytes.uint32(shape.length);
    for (const dimension of shape.toReversed()) bytes.uint64(dimension);
    bytes.uint32(block.code);
    bytes.uint64(offset);
    offset = alignUp(offset + (count / block.values) * block.bytes);
  }
  bytes.zeros(alignUp(bytes.length) - bytes.length);
  return bytes.written();
}

function encodeValue(bytes: GrowingBytes, { type, value }: GgufValue): void {
  switch (type) {
    case 'strings':
      bytes.uint32(ggufValueCodes.array);
      bytes.uint32(ggufValueCodes.string);
      bytes.uint64(value.length);
      for (const item of value) bytes.text(item);
      return;
    case 'int32s':
    case 'float32s': {
      const item = type === 'int32s' ? 'int32' : 'float32';
      bytes.uint32(ggufValueCodes.array);
      bytes.uint32(ggufValueCodes[item]);
      bytes.uint64(value.length);
      for (const number of value) bytes[item](number);
      return;
    }
    case 'string':
      bytes.uint32(ggufValueCodes.string);
      bytes.text(value);
      return;
    case 'bool':
      bytes.uint32(ggufValueCodes.bool);
      bytes.uint8(value ? 1 : 0);
      return;
    case 'uint64':
      bytes.uint32(ggufValueCodes.uint64);
      bytes.uint64(value);
      return;
    default:
      bytes.uint32(ggufValueCodes[type]);
      bytes[type](value);
  }
}

function encode(values: Float32Array, type: GgufTensorType, scratch: Uint8Array, tensorName: string): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  if (type === 'Q8_0') {
    const bytes = scratch.subarray(0, (values.length / 32) * 34);
    const fault = encodeQ8Into(values, bytes);
    if (fault !== undefined) throw new RangeError(`tensor ${tensorName}: ${values[fault]} has no Q8_0 form`);
    return bytes;
  }
  const words = new Uint16Array(scratch.buffer, 0, values.length);
  encodeFloat16(values, words);
  for (let index = 0; index < words.length; index += 1) {
    // An exponent of ones alone is an infinity or a NaN: not finite before, or beyond 65,504.
    if ((words[index]! & 0x7c00) === 0x7c00)
      throw new RangeError(`tensor ${tensorName}: ${values[index]} has no finite float16 form`);
  }
  return scratch.subarray(0, values.length * 2);
}
