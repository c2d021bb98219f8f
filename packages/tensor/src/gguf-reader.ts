// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import { modelFileInvalid } from './format-problems.ts';
import { alignUp, ggufTensorTypes } from './gguf-types.ts';

export interface GgufTensorInfo {
  readonly name: string;
  /** As in the file: innermost first. */
  readonly dimensions: readonly number[];
  readonly typeCode: number;
  /** From the start of the file. */
  readonly dataOffset: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly tensors: readonly GgufTensorInfo[];
}

const limits = {
  keyValues: 10_000,
  tensors: 100_000,
  stringBytes: 10_000_000,
  arrayLength: 10_000_000,
  headerBytes: 512_000_000,
};
const fixedWidths: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/**
 * Reads and checks the header of a GGUF v3 file before a native engine sees it: every count and offset is bounded, and known tensor types
 * must lie inside the file. @throws KibanError `model-file-invalid`
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const cursor = new HeaderCursor(file, size, path);
    if ((await cursor.bytes(4)).toString('latin1') !== 'GGUF') throw modelFileInvalid(path, 'it is not a GGUF file');
    const version = await cursor.uint32();
    if (version !== 3) throw modelFileInvalid(path, `GGUF version ${version} is not supported`);
    const tensorCount = await cursor.count(limits.tensors, 'tensors');
    const keyCount = await cursor.count(limits.keyValues, 'keys');
    const metadata = new Map<string, unknown>();
    for (let index = 0; index < keyCount; index += 1) {
      const key = await cursor.string();
      if (metadata.has(key)) throw modelFileInvalid(path, `key ${key} is there twice`);
      metadata.set(key, await cursor.value(await cursor.uint32(), key));
    }
    const relative: GgufTensorInfo[] = [];
    for (let index = 0; index < tensorCount; index += 1) {
      const name = await cursor.string();
      if (relative.some((tensor) => tensor.name === name))
        throw modelFileInvalid(path, `tensor ${name} is there twice`);
      const rank = await cursor.uint32();
      if (rank > 4) throw modelFileInvalid(path, `tensor ${name} has ${rank} dimensions`);
      const dimensions: number[] = [];
      for (let axis = 0; axis < rank; axis += 1) dimensions.push(await cursor.count(Number.MAX_SAFE_INTEGER, name));
      relative.push({ name, dimensions, typeCode: await cursor.uint32(), dataOffset: await cursor.count(size, name) });
    }
    const dataStart = alignUp(cursor.position);
    const tensors = relative.map((tensor) => ({ ...tensor, dataOffset: dataStart + tensor.dataOffset }));
    for (const tensor of tensors) {
      const known = Object.values(ggufTensorTypes).find((type) => type.code === tensor.typeCode);
      const values = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
      if (tensor.dataOffset + (known?.bytes(values) ?? 0) > size)
        throw modelFileInvalid(path, `tensor ${tensor.name} lies outside the file`);
    }
    return { metadata, tensors };
  } finally {
    await file.close();
  }
}

class HeaderCursor {
  position = 0;
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #path: string;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  constructor(file: FileHandle, size: number, path: string) {
    this.#file = file;
    this.#size = size;
    this.#path = path;
  }

  async bytes(length: number): Promise<Buffer> {
    if (this.position + length > Math.min(this.#size, limits.headerBytes))
      throw modelFileInvalid(this.#path, 'its header is cut off');
    const offset = this.position - this.#windowStart;
    if (offset < 0 || offset + length > this.#window.length) {
      const window = Buffer.alloc(Math.max(length, 1 << 20));
      const { bytesRead } = await this.#file.read(window, 0, window.length, this.position);
      this.#window = window.subarray(0, bytesRead);
      this.#windowStart = this.position;
    }
    const start = this.position - this.#windowStart;
    this.position += length;
    return this.#window.subarray(start, start + length);
  }

  async uint32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  async count(limit: number, what: string): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(limit)) throw modelFileInvalid(this.#path, `${what}: ${value} is out of bounds`);
    return Number(value);
  }

  async string(): Promise<string> {
    return (await this.bytes(await this.count(limits.stringBytes, 'a string'))).toString('utf8');
  }

  async value(type: number, key: string): Promise<unknown> {
    if (type === 8) return this.string();
    if (type === 9) {
      const itemType = await this.uint32();
      const length = await this.count(limits.arrayLength, key);
      const items: unknown[] = [];
      for (let index = 0; index < length; index += 1) items.push(await this.value(itemType, key));
      return items;
    }
    const width = fixedWidths[type];
    if (width === undefined) throw modelFileInvalid(this.#path, `key ${key} has an unknown type ${type}`);
    const bytes = await this.bytes(width);
    switch (type) {
      case 4:
        return bytes.readUInt32LE();
      case 5:
        return bytes.readInt32LE();
      case 6:
        return bytes.readFloatLE();
      case 7:
        return bytes[0] === 1;
      default:
        return Buffer.from(bytes);
    }
  }
}
