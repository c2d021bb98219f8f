// SPDX-License-Identifier: Apache-2.0
import { decodeBfloat16, decodeFloat16 } from './float-formats.ts';
import { modelFileInvalid } from './format-problems.ts';
import { largestGgufHeaderBytes, MoreBytesNeeded } from './gguf-cursor.ts';
import { type GgufHeader, parseGgufHeader } from './gguf-header.ts';
import { type ModelFileHandle, openModelFile } from './model-file-handle.ts';
import { decodeQ8 } from './q8-0.ts';

const firstReadBytes = 1 << 20;

/** An open GGUF v3 file. Nothing but the header is read until asked for. */
export interface GgufFile extends GgufHeader {
  readonly path: string;
  /** All values, row-major, as float32; of F32, F16, BF16 and Q8_0 tensors. @throws KibanError `model-file-invalid`, RangeError */
  readF32(name: string): Promise<Float32Array>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens and checks a GGUF v3 file (ggml/docs/gguf.md) before a native engine sees it: every count and offset is bounded, names occur once,
 * types are known, and the tensors lie one behind another to the end of the file.
 * @throws KibanError `model-file-invalid`, naming file and tensor or key; `model-file-unreadable`
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await openModelFile(path);
  try {
    const header = await readHeader(file);
    return {
      path,
      ...header,
      readF32: (name) => readTensor(file, header, name),
      close: () => file.close(),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The checks of {@link openGguf}, and the header alone. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  await using file = await openGguf(path);
  return { metadata: file.metadata, tensors: file.tensors };
}

/** The header does not say how long it is: so with four times the bytes as long as they do not reach. */
async function readHeader(file: ModelFileHandle): Promise<GgufHeader> {
  const most = Math.min(file.size, largestGgufHeaderBytes);
  for (let length = Math.min(most, firstReadBytes); ; length = Math.min(most, length * 4)) {
    const bytes = new Uint8Array(length);
    await file.readInto(bytes, 0);
    try {
      return parseGgufHeader(bytes, file.path, file.size);
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded) || length === most) throw error;
    }
  }
}

async function readTensor(file: ModelFileHandle, header: GgufHeader, name: string): Promise<Float32Array> {
  const tensor = header.tensors.get(name);
  if (tensor === undefined)
    throw modelFileInvalid(file.path, { ja: `テンソル ${name} がありません`, en: `there is no tensor ${name}` });
  const bytes = new Uint8Array(tensor.byteLength);
  await file.readInto(bytes, tensor.dataOffset);
  switch (tensor.type) {
    case 'F32':
      return new Float32Array(bytes.buffer);
    case 'F16':
      return decodeFloat16(new Uint16Array(bytes.buffer));
    case 'BF16':
      return decodeBfloat16(new Uint16Array(bytes.buffer));
    case 'Q8_0':
      return decodeQ8(bytes);
    default:
      throw new RangeError(`tensor ${name} is ${tensor.type}, which is not decoded here`);
  }
}
