// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import { modelFileInvalid } from './format-problems.ts';
import { GgufCursor, type GgufMetadataValue } from './gguf-cursor.ts';
import {
  alignUp,
  ggufAlignment,
  ggufTensorTypesByCode,
  ggufValueCodes,
  longestTensorName,
  mostGgufDimensions,
} from './gguf-types.ts';
import { valueCount } from './tensor-shape.ts';

export interface GgufTensor {
  /** Row-major, outermost first, as in safetensors: the reverse of the file's order. */
  readonly shape: readonly number[];
  /** Any of GGML's types by name, for example `F16` or `Q4_K`. */
  readonly type: string;
  /** Bytes from the start of the file. */
  readonly dataOffset: number;
  readonly byteLength: number;
}

export interface GgufHeader {
  /** Integers of 64 bits beyond 2^53 - 1 are bigint, all other numbers plain numbers. */
  readonly metadata: ReadonlyMap<string, GgufMetadataValue>;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const mostKeys = 10_000;
const mostTensors = 100_000;
const largestAlignment = 1 << 16;

/**
 * @param bytes the start of the file, perhaps not all of the header.
 * @param fileSize bytes of the whole file; tensors follow one another in order, each at the next aligned offset, up to its end.
 * @throws MoreBytesNeeded when the header goes on behind `bytes`; KibanError `model-file-invalid`
 */
export function parseGgufHeader(bytes: Uint8Array, path: string, fileSize: number): GgufHeader {
  const refuse = (fault: Localised) => modelFileInvalid(path, fault);
  const cursor = new GgufCursor(bytes, fileSize, refuse);
  if (cursor.magic() !== 'GGUF') throw refuse({ ja: 'GGUF ファイルではありません', en: 'it is not a GGUF file' });
  const version = cursor.uint32();
  if (version !== 3)
    throw refuse({
      ja: `GGUF の版 ${version} には対応していません (3 のみ)`,
      en: `GGUF version ${version} is not supported (3 is)`,
    });
  const tensorCount = cursor.count(mostTensors, { ja: 'テンソルの数', en: 'the number of tensors' });
  const keyCount = cursor.count(mostKeys, { ja: 'キーの数', en: 'the number of keys' });
  const { metadata, alignment } = readMetadata(cursor, keyCount, refuse);
  const tensors = readTensors(cursor, tensorCount, alignment, refuse);
  return { metadata, tensors: placeTensors(tensors, alignUp(cursor.position, alignment), alignment, fileSize, refuse) };
}

type Refuse = (fault: Localised) => Error;

function readMetadata(cursor: GgufCursor, keyCount: number, refuse: Refuse) {
  const metadata = new Map<string, GgufMetadataValue>();
  let alignment = ggufAlignment;
  for (let index = 0; index < keyCount; index += 1) {
    const key = cursor.name({ ja: 'キー', en: 'a key' });
    if (metadata.has(key)) throw refuse({ ja: `キー ${key} が二度あります`, en: `key ${key} is there twice` });
    const code = cursor.uint32();
    const value = cursor.value(code, key);
    metadata.set(key, value);
    if (key !== 'general.alignment') continue;
    if (code !== ggufValueCodes.uint32 || !isPowerOfTwo(value as number) || (value as number) > largestAlignment)
      throw refuse({
        ja: `general.alignment が ${String(value)} です (${largestAlignment} 以下の 2 のべき乗が必要)`,
        en: `general.alignment is ${String(value)}, not a power of two up to ${largestAlignment}`,
      });
    alignment = value as number;
  }
  return { metadata, alignment };
}

interface PlacedTensor extends GgufTensor {
  readonly name: string;
}

/** `dataOffset` is still counted from the start of the data here. */
function readTensors(cursor: GgufCursor, tensorCount: number, alignment: number, refuse: Refuse): PlacedTensor[] {
  const tensors: PlacedTensor[] = [];
  const names = new Set<string>();
  let expectedOffset = 0;
  for (let index = 0; index < tensorCount; index += 1) {
    const name = cursor.name({ ja: 'テンソル名', en: 'a tensor name' });
    if (Buffer.byteLength(name) > longestTensorName)
      throw refuse({ ja: `テンソル名 ${name} が長すぎます`, en: `tensor ${name}: the name is too long` });
    if (names.has(name)) throw refuse({ ja: `テンソル ${name} が二度あります`, en: `tensor ${name} is there twice` });
    names.add(name);
    const { shape, type, byteLength } = readShape(cursor, name, refuse);
    const offset = cursor.count(Number.MAX_SAFE_INTEGER, {
      ja: `テンソル ${name} の位置`,
      en: `tensor ${name}: the offset`,
    });
    if (offset < expectedOffset)
      throw refuse({
        ja: `テンソル ${name} のデータが前のテンソルと重なっています`,
        en: `tensor ${name}: its data overlap the tensor before it`,
      });
    if (offset > expectedOffset)
      throw refuse({
        ja: `テンソル ${name} のデータの前にすき間があります`,
        en: `tensor ${name}: there is a gap before its data`,
      });
    expectedOffset = alignUp(offset + byteLength, alignment);
    tensors.push({ name, shape, type, dataOffset: offset, byteLength });
  }
  return tensors;
}

function readShape(cursor: GgufCursor, name: string, refuse: Refuse) {
  const rank = cursor.uint32();
  if (rank < 1 || rank > mostGgufDimensions)
    throw refuse({ ja: `テンソル ${name} の次元数が ${rank} です`, en: `tensor ${name} has ${rank} dimensions` });
  const dimensions: number[] = [];
  for (let axis = 0; axis < rank; axis += 1)
    dimensions.push(
      cursor.count(Number.MAX_SAFE_INTEGER, { ja: `テンソル ${name} の次元`, en: `tensor ${name}: a dimension` }),
    );
  const code = cursor.uint32();
  const type = ggufTensorTypesByCode.get(code);
  if (type === undefined)
    throw refuse({ ja: `テンソル ${name} の型 ${code} は未知です`, en: `tensor ${name}: its type ${code} is unknown` });
  const count = valueCount(dimensions);
  const byteLength = ((count ?? 0) / type.values) * type.bytes;
  if (!count || dimensions[0]! % type.values !== 0 || !Number.isSafeInteger(byteLength))
    throw refuse({
      ja: `テンソル ${name} の形 ${dimensions.join(' x ')} は ${type.name} として不正です`,
      en: `tensor ${name}: ${dimensions.join(' x ')} cannot be ${type.name}`,
    });
  return { shape: dimensions.reverse(), type: type.name, byteLength };
}

function placeTensors(
  tensors: readonly PlacedTensor[],
  dataStart: number,
  alignment: number,
  fileSize: number,
  refuse: Refuse,
): ReadonlyMap<string, GgufTensor> {
  const placed = new Map<string, GgufTensor>();
  let end = dataStart;
  for (const { name, shape, type, dataOffset, byteLength } of tensors) {
    end = dataStart + dataOffset + byteLength;
    if (end > fileSize)
      throw refuse({ ja: `テンソル ${name} がファイルの外にあります`, en: `tensor ${name} lies outside the file` });
    placed.set(name, { shape, type, dataOffset: dataStart + dataOffset, byteLength });
  }
  if (fileSize > alignUp(end, alignment))
    throw refuse({ ja: '最後のテンソルの後に余分なデータがあります', en: 'there are bytes behind the last tensor' });
  return placed;
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
