// SPDX-License-Identifier: Apache-2.0
import { writeFileDurably } from '@kiban/core';
import { toFloat16Bits } from './float-formats.ts';
import { alignUp, type GgufTensorType, type GgufValue, ggufTensorTypes, ggufValueTypes } from './gguf-types.ts';
import { encodeQ8 } from './q8-0.ts';

export interface GgufTensorToWrite {
  readonly name: string;
  /** As in safetensors, [out, in]; the file holds it reversed. */
  readonly shape: readonly number[];
  readonly type: GgufTensorType;
  /** Called once, when the tensor's turn comes. */
  readonly data: () => Promise<Float32Array>;
}

/** GGUF v3, tensor by tensor, durably: memory holds one tensor at a time. */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly GgufTensorToWrite[],
): Promise<void> {
  await writeFileDurably(path, content());

  async function* content(): AsyncGenerator<Uint8Array> {
    const head = header(metadata, tensors);
    yield head;
    yield Buffer.alloc(alignUp(head.length) - head.length);
    for (const tensor of tensors) {
      const bytes = encode(await tensor.data(), tensor.type);
      yield bytes;
      yield Buffer.alloc(alignUp(bytes.length) - bytes.length);
    }
  }
}

function header(metadata: ReadonlyMap<string, GgufValue>, tensors: readonly GgufTensorToWrite[]): Buffer {
  const parts: Buffer[] = [Buffer.from('GGUF', 'latin1'), uint32(3), uint64(tensors.length), uint64(metadata.size)];
  for (const [key, value] of metadata) parts.push(text(key), ...encodeValue(value));
  let offset = 0;
  for (const tensor of tensors) {
    const dimensions = [...tensor.shape].reverse();
    const { code, bytes } = ggufTensorTypes[tensor.type];
    parts.push(text(tensor.name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(code), uint64(offset));
    offset = alignUp(offset + bytes(dimensions.reduce((product, dimension) => product * dimension, 1)));
  }
  return Buffer.concat(parts);
}

function encodeValue(value: GgufValue): Buffer[] {
  switch (value.type) {
    case 'uint32':
      return [uint32(ggufValueTypes.uint32), uint32(value.value)];
    case 'int32':
      return [uint32(ggufValueTypes.int32), int32(value.value)];
    case 'float32': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value.value);
      return [uint32(ggufValueTypes.float32), bytes];
    }
    case 'bool':
      return [uint32(ggufValueTypes.bool), Buffer.of(value.value ? 1 : 0)];
    case 'string':
      return [uint32(ggufValueTypes.string), text(value.value)];
    case 'strings':
      return [
        uint32(ggufValueTypes.array),
        uint32(ggufValueTypes.string),
        uint64(value.value.length),
        ...value.value.map(text),
      ];
    case 'int32s':
      return [
        uint32(ggufValueTypes.array),
        uint32(ggufValueTypes.int32),
        uint64(value.value.length),
        ...value.value.map(int32),
      ];
  }
}

function encode(values: Float32Array, type: GgufTensorType): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  if (type === 'Q8_0') return encodeQ8(values);
  return new Uint8Array(Uint16Array.from(values, toFloat16Bits).buffer);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}
