// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import { ggufValueCodes } from './gguf-types.ts';

export type GgufScalar = number | bigint | boolean | string;
export type GgufMetadataValue = GgufScalar | readonly GgufScalar[];

/** The header goes on behind the bytes that were read so far; not a fault of the file. */
export class MoreBytesNeeded extends Error {}

/** Bytes of key-values and tensor infos. The largest vocabularies in use take about 10 MB. */
export const largestGgufHeaderBytes = 100_000_000;
const longestKey = 65_535;
/** Items of all arrays of a file together, as each becomes a JavaScript value. */
const mostItems = 10_000_000;

const codes = ggufValueCodes;
const scalarBytes: Readonly<Record<number, number>> = {
  [codes.uint8]: 1,
  [codes.int8]: 1,
  [codes.uint16]: 2,
  [codes.int16]: 2,
  [codes.uint32]: 4,
  [codes.int32]: 4,
  [codes.float32]: 4,
  [codes.bool]: 1,
  [codes.string]: 8,
  [codes.uint64]: 8,
  [codes.int64]: 8,
  [codes.float64]: 8,
};

/** Reads a GGUF header forward. Every count is checked against what is left of the file before anything is made from it. */
export class GgufCursor {
  position = 0;
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #refuse: (fault: Localised) => Error;
  #itemsLeft = mostItems;

  constructor(bytes: Uint8Array, fileSize: number, refuse: (fault: Localised) => Error) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = Math.min(fileSize, largestGgufHeaderBytes);
    this.#refuse = refuse;
  }

  magic(): string {
    return this.#take(4).toString('latin1');
  }

  uint32(): number {
    return this.#take(4).readUInt32LE();
  }

  /** An unsigned 64-bit count of at most `limit`. */
  count(limit: number, what: Localised): number {
    const value = this.#take(8).readBigUInt64LE();
    if (value > BigInt(limit))
      throw this.#refuse({ ja: `${what.ja} ${value} は範囲外です`, en: `${what.en}, ${value}, is out of bounds` });
    return Number(value);
  }

  /** A key or tensor name: strict UTF-8, so that two different names never read alike. */
  name(what: Localised): string {
    const bytes = this.#take(this.count(longestKey, what));
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.#refuse({ ja: `${what.ja}が UTF-8 ではありません`, en: `${what.en} is not UTF-8` });
    }
  }

  value(code: number, key: string): GgufMetadataValue {
    if (code !== codes.array) return this.#scalar(code, key);
    const itemCode = this.uint32();
    const itemBytes = this.#widthOf(itemCode, key);
    const largest = Math.min(this.#itemsLeft, Math.floor((this.#end - this.position) / itemBytes));
    const length = this.count(largest, { ja: `キー ${key} の項目数`, en: `key ${key}: the number of items` });
    this.#itemsLeft -= length;
    const items: GgufScalar[] = [];
    for (let index = 0; index < length; index += 1) items.push(this.#scalar(itemCode, key));
    return items;
  }

  #scalar(code: number, key: string): GgufScalar {
    if (code === codes.string) {
      // Tokens of foreign vocabularies need not be whole characters, so this is lenient.
      return this.#take(this.count(this.#end, { ja: `キー ${key} の長さ`, en: `key ${key}: the length` })).toString(
        'utf8',
      );
    }
    const bytes = this.#take(this.#widthOf(code, key));
    switch (code) {
      case codes.uint8:
        return bytes.readUInt8();
      case codes.int8:
        return bytes.readInt8();
      case codes.uint16:
        return bytes.readUInt16LE();
      case codes.int16:
        return bytes.readInt16LE();
      case codes.uint32:
        return bytes.readUInt32LE();
      case codes.int32:
        return bytes.readInt32LE();
      case codes.float32:
        return bytes.readFloatLE();
      case codes.float64:
        return bytes.readDoubleLE();
      case codes.uint64:
        return numberIfSafe(bytes.readBigUInt64LE());
      case codes.int64:
        return numberIfSafe(bytes.readBigInt64LE());
      default:
        if (bytes[0]! > 1)
          throw this.#refuse({ ja: `キー ${key} が真偽値ではありません`, en: `key ${key} is neither true nor false` });
        return bytes[0] === 1;
    }
  }

  #widthOf(code: number, key: string): number {
    const width = scalarBytes[code];
    if (width !== undefined) return width;
    throw this.#refuse({ ja: `キー ${key} の型 ${code} は未知です`, en: `key ${key}: its type ${code} is unknown` });
  }

  #take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#end)
      throw this.#refuse({
        ja: 'ヘッダーが途中で切れているか、大きすぎます',
        en: 'its header is cut off or too large',
      });
    if (end > this.#bytes.length) throw new MoreBytesNeeded();
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
