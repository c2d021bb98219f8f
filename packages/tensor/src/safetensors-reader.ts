// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { fromBfloat16Bits, fromFloat16Bits } from './float-formats.ts';
import { modelFileInvalid } from './format-problems.ts';

export type SafetensorsType = 'F32' | 'BF16' | 'F16';

export interface SafetensorsTensor {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly dataOffset: number;
  readonly byteLength: number;
}

/** An open file in Hugging Face's safetensors format. Nothing but the header is read until asked for. */
export interface SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readF32(name: string): Promise<Float32Array>;
  /** @param firstValue from 0, in values of the tensor. */
  readF32Range(name: string, firstValue: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const largestHeaderBytes = 100_000_000;
const bytesPerValue = { F32: 4, BF16: 2, F16: 2 } as const;

const headerSchema = z.record(
  z.string(),
  z.union([
    z.strictObject({
      dtype: z.enum(['F32', 'BF16', 'F16']),
      shape: z.array(z.int().nonnegative()).max(8),
      data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

/** @throws KibanError `model-file-invalid`: header too large, unknown type, wrong size, overlap, gap or duplicate, by tensor. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path, 'r');
  try {
    const { tensors, metadata } = await readHeader(file, path);
    const read = async (name: string, firstValue: number, count: number) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw modelFileInvalid(path, `there is no tensor ${name}`);
      const width = bytesPerValue[tensor.dtype];
      if (firstValue < 0 || count < 0 || (firstValue + count) * width > tensor.byteLength)
        throw new RangeError(`values ${firstValue}..${firstValue + count} of ${name}`);
      return decode(await readExactly(file, tensor.dataOffset + firstValue * width, count * width, path), tensor.dtype);
    };
    return {
      path,
      tensors,
      metadata,
      readF32: (name) => read(name, 0, valueCount(tensors.get(name)?.shape ?? [0])),
      readF32Range: read,
      close: () => file.close(),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: FileHandle, path: string) {
  const { size } = await file.stat();
  if (size < 8) throw modelFileInvalid(path, 'it is shorter than a header');
  const headerLength = Number((await readExactly(file, 0, 8, path)).readBigUInt64LE(0));
  if (headerLength > largestHeaderBytes || 8 + headerLength > size)
    throw modelFileInvalid(path, `a header of ${headerLength} bytes does not fit`);
  const text = (await readExactly(file, 8, headerLength, path)).toString('utf8');
  const parsed = headerSchema.safeParse(parseWithoutDuplicates(text, path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw modelFileInvalid(path, `header ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
  }
  const dataStart = 8 + headerLength;
  const tensors = new Map<string, SafetensorsTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(parsed.data)) {
    if (name === '__metadata__') {
      metadata = entry as Record<string, string>;
      continue;
    }
    if (!('data_offsets' in entry) || !Array.isArray(entry.data_offsets))
      throw modelFileInvalid(path, `header ${name}: no data_offsets`);
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = entry as { dtype: SafetensorsType; shape: number[]; data_offsets: [number, number] };
    const byteLength = offsets[1] - offsets[0];
    if (byteLength !== valueCount(shape) * bytesPerValue[dtype])
      throw modelFileInvalid(path, `tensor ${name}: its shape and its bytes differ`);
    tensors.set(name, { dtype, shape, dataOffset: dataStart + offsets[0], byteLength });
  }
  let position = dataStart;
  for (const [name, tensor] of [...tensors].sort((a, b) => a[1].dataOffset - b[1].dataOffset)) {
    if (tensor.dataOffset !== position)
      throw modelFileInvalid(
        path,
        `tensor ${name}: ${tensor.dataOffset < position ? 'an overlap' : 'a gap'} before it`,
      );
    position += tensor.byteLength;
  }
  if (position !== size) throw modelFileInvalid(path, `it has ${size} bytes, its header describes ${position}`);
  return { tensors, metadata };
}

/** JSON.parse would keep the last of two equal keys; two readers could then see different tensors. */
function parseWithoutDuplicates(text: string, path: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw modelFileInvalid(path, 'its header is not JSON', error);
  }
  if (text.length < 10_000_000) {
    const document = parseDocument(text, { uniqueKeys: true });
    const duplicate = document.errors.find((error) => error.code === 'DUPLICATE_KEY');
    if (duplicate !== undefined) throw modelFileInvalid(path, 'its header names a tensor twice');
  }
  return value;
}

async function readExactly(file: FileHandle, position: number, length: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw modelFileInvalid(path, 'it is cut off');
    done += bytesRead;
  }
  return buffer;
}

function decode(bytes: Buffer, dtype: SafetensorsType): Float32Array {
  if (dtype === 'F32')
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const from = dtype === 'BF16' ? fromBfloat16Bits : fromFloat16Bits;
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => from(bytes.readUInt16LE(index * 2)));
}

function valueCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
