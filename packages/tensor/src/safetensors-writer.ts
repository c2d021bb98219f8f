// SPDX-License-Identifier: Apache-2.0
import { writeFileDurably } from '@kiban/core';
import { toBfloat16Bits, toFloat16Bits } from './float-formats.ts';
import type { SafetensorsType } from './safetensors-reader.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /** Called once, when the tensor's turn comes: memory never holds the whole model. */
  readonly data: () => Float32Array | Iterable<Float32Array> | AsyncIterable<Float32Array> | Promise<Float32Array>;
}

/** Writes tensors in the given order, durably: temp file, fdatasync, rename. The header is padded with spaces to 8 bytes. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let position = 0;
  for (const { name, dtype, shape } of tensors) {
    if (name in header) throw new RangeError(`tensor ${name} is given twice`);
    const byteLength = shape.reduce((product, dimension) => product * dimension, 1) * (dtype === 'F32' ? 4 : 2);
    header[name] = { dtype, shape, data_offsets: [position, position + byteLength] };
    position += byteLength;
  }
  await writeFileDurably(path, content());

  async function* content(): AsyncGenerator<Uint8Array> {
    const text = Buffer.from(JSON.stringify(header), 'utf8');
    const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
    text.copy(padded);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(padded.length));
    yield length;
    yield padded;
    for (const tensor of tensors) {
      let values = 0;
      for await (const chunk of await chunksOf(tensor)) {
        values += chunk.length;
        yield encode(chunk, tensor.dtype);
      }
      const expected = tensor.shape.reduce((product, dimension) => product * dimension, 1);
      if (values !== expected) throw new RangeError(`tensor ${tensor.name}: ${values} values for ${expected}`);
    }
  }
}

async function chunksOf(tensor: TensorToWrite): Promise<Iterable<Float32Array> | AsyncIterable<Float32Array>> {
  const data = await tensor.data();
  return data instanceof Float32Array ? [data] : data;
}

function encode(values: Float32Array, dtype: SafetensorsType): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  const convert = dtype === 'BF16' ? toBfloat16Bits : toFloat16Bits;
  const words = Uint16Array.from(values, convert);
  return new Uint8Array(words.buffer);
}
