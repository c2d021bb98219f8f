// SPDX-License-Identifier: Apache-2.0
import { decodeBfloat16, decodeFloat16 } from './float-formats.ts';
import { modelFileInvalid } from './format-problems.ts';
import { type ModelFileHandle, openModelFile } from './model-file-handle.ts';
import {
  bytesPerValue,
  largestHeaderBytes,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsTensor,
} from './safetensors-header.ts';

/** An open file in Hugging Face's safetensors format. Nothing but the header is read until asked for. */
export interface SafetensorsFile extends SafetensorsHeader {
  readonly path: string;
  /** All values, row-major, widened to float32. @throws KibanError `model-file-invalid` where there is no such tensor */
  readF32(name: string): Promise<Float32Array>;
  /**
   * @param firstValue from 0, in values of the tensor.
   * @throws RangeError beyond the tensor's end.
   */
  readF32Range(name: string, firstValue: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens and checks a file: the tensors must fill it exactly, without gap or overlap, each named once and of a known type.
 * @throws KibanError `model-file-invalid`, naming file and tensor; `model-file-unreadable`
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openModelFile(path);
  try {
    return openedFile(file, await readHeader(file));
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: ModelFileHandle): Promise<SafetensorsHeader> {
  const { path, size } = file;
  if (size < 8) throw modelFileInvalid(path, { ja: 'ヘッダーより短いファイルです', en: 'it is shorter than a header' });
  const prefix = Buffer.alloc(8);
  await file.readInto(prefix, 0);
  const length = prefix.readBigUInt64LE();
  if (length > BigInt(largestHeaderBytes) || length > BigInt(size - 8))
    throw modelFileInvalid(path, {
      ja: `${length} バイトのヘッダーはファイルまたは上限 (${largestHeaderBytes}) に収まりません`,
      en: `a header of ${length} bytes does not fit the file, or the limit of ${largestHeaderBytes}`,
    });
  const bytes = new Uint8Array(Number(length));
  await file.readInto(bytes, 8);
  return parseSafetensorsHeader(bytes, path, 8 + bytes.length, size);
}

function openedFile(file: ModelFileHandle, header: SafetensorsHeader): SafetensorsFile {
  const tensorOf = (name: string): SafetensorsTensor => {
    const tensor = header.tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw modelFileInvalid(file.path, { ja: `テンソル ${name} がありません`, en: `there is no tensor ${name}` });
  };
  const read = async (name: string, firstValue: number, count: number) => {
    const { dtype, byteLength, dataOffset } = tensorOf(name);
    const total = byteLength / bytesPerValue[dtype];
    if (!(Number.isSafeInteger(firstValue) && Number.isSafeInteger(count)))
      throw new RangeError(`values ${firstValue} and ${count} on of ${name} are not whole numbers`);
    if (firstValue < 0 || count < 0 || firstValue + count > total)
      throw new RangeError(`values ${firstValue} to ${firstValue + count} of ${name}, which has ${total}`);
    const words = dtype === 'F32' ? new Float32Array(count) : new Uint16Array(count);
    await file.readInto(new Uint8Array(words.buffer), dataOffset + firstValue * bytesPerValue[dtype]);
    if (words instanceof Float32Array) return words;
    return dtype === 'BF16' ? decodeBfloat16(words) : decodeFloat16(words);
  };
  return {
    path: file.path,
    tensors: header.tensors,
    metadata: header.metadata,
    readF32: async (name) => {
      const { dtype, byteLength } = tensorOf(name);
      return read(name, 0, byteLength / bytesPerValue[dtype]);
    },
    readF32Range: read,
    close: () => file.close(),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
