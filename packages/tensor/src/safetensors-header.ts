// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import { modelFileInvalid } from './format-problems.ts';
import { findJsonFault } from './json-duplicates.ts';
import { valueCount } from './tensor-shape.ts';

export type SafetensorsType = 'F32' | 'BF16' | 'F16';

export interface SafetensorsTensor {
  readonly dtype: SafetensorsType;
  /** Row-major, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly dataOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export const bytesPerValue: Readonly<Record<SafetensorsType, number>> = { F32: 4, BF16: 2, F16: 2 };
export const largestHeaderBytes = 100_000_000;
const deepestNesting = 3;
const mostDimensions = 8;

/**
 * @param dataStart bytes before the data, that is 8 and the header's length.
 * @param fileSize the data must fill the file exactly.
 * @throws KibanError `model-file-invalid`
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  path: string,
  dataStart: number,
  fileSize: number,
): SafetensorsHeader {
  const refuse = (fault: Localised, cause?: unknown) => modelFileInvalid(path, fault, cause);
  const tensors: [string, SafetensorsTensor][] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(parseObject(bytes, refuse))) {
    if (!name.isWellFormed())
      throw refuse({ ja: 'テンソル名が Unicode ではありません', en: 'a tensor name is not Unicode' });
    if (name === '__metadata__') metadata = parseMetadata(entry, refuse);
    else tensors.push([name, parseTensor(name, entry, dataStart, refuse)]);
  }
  // Empty tensors share their offset with what follows them, so they come first.
  tensors.sort(([, a], [, b]) => a.dataOffset - b.dataOffset || a.byteLength - b.byteLength);
  let position = dataStart;
  for (const [name, tensor] of tensors) {
    if (tensor.dataOffset < position)
      throw refuse({
        ja: `テンソル ${name} のデータが前のテンソルと重なっています`,
        en: `tensor ${name}: its data overlap the tensor before it`,
      });
    if (tensor.dataOffset > position)
      throw refuse({
        ja: `テンソル ${name} のデータの前にすき間があります`,
        en: `tensor ${name}: there is a gap before its data`,
      });
    position += tensor.byteLength;
  }
  if (position !== fileSize)
    throw refuse({
      ja: `ファイルは ${fileSize} バイトですが、ヘッダーの記述では ${position} バイトです`,
      en: `it has ${fileSize} bytes, its header describes ${position}`,
    });
  return { tensors: new Map(tensors), metadata };
}

type Refuse = (fault: Localised, cause?: unknown) => Error;

function parseObject(bytes: Uint8Array, refuse: Refuse): object {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw refuse({ ja: 'ヘッダーが JSON ではありません', en: 'its header is not JSON' }, error);
  }
  if (!isPlainObject(value) || !text.startsWith('{'))
    throw refuse({ ja: 'ヘッダーが JSON オブジェクトではありません', en: 'its header is not a JSON object' });
  const fault = findJsonFault(text, deepestNesting);
  if (fault?.kind === 'duplicate-key')
    throw refuse({ ja: `ヘッダーに ${fault.key} が二度あります`, en: `its header names ${fault.key} twice` });
  if (fault !== undefined) throw refuse({ ja: 'ヘッダーの入れ子が深すぎます', en: 'its header is nested too deeply' });
  return value;
}

function parseMetadata(entry: unknown, refuse: Refuse): Record<string, string> {
  if (!isPlainObject(entry) || !Object.values(entry).every((value) => typeof value === 'string'))
    throw refuse({
      ja: '__metadata__ に文字列以外の値があります',
      en: '__metadata__ holds something other than strings',
    });
  return entry as Record<string, string>;
}

function parseTensor(name: string, entry: unknown, dataStart: number, refuse: Refuse): SafetensorsTensor {
  const fields = isPlainObject(entry) ? entry : {};
  const { dtype, shape, data_offsets: offsets } = fields as Record<string, unknown>;
  if (Object.keys(fields).length !== 3 || dtype === undefined || !Array.isArray(shape) || !Array.isArray(offsets))
    throw refuse({
      ja: `テンソル ${name} の記述は dtype、shape、data_offsets でなければなりません`,
      en: `tensor ${name}: its entry must be dtype, shape and data_offsets`,
    });
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerValue, dtype))
    throw refuse({
      ja: `テンソル ${name} の型 ${String(dtype)} には対応していません (F32、BF16、F16 のみ)`,
      en: `tensor ${name}: type ${String(dtype)} is not supported (F32, BF16 and F16 are)`,
    });
  const type = dtype as SafetensorsType;
  const count = shape.length <= mostDimensions ? valueCount(shape) : undefined;
  const [begin, end] = offsets as unknown[];
  const described = count === undefined ? undefined : count * bytesPerValue[type];
  if (offsets.length !== 2 || !isCount(begin) || !isCount(end) || !isCount(described) || end - begin !== described)
    throw refuse({
      ja: `テンソル ${name} の形とバイト数が合いません`,
      en: `tensor ${name}: its shape and its bytes do not agree`,
    });
  return { dtype: type, shape: shape as number[], dataOffset: dataStart + begin, byteLength: described };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
