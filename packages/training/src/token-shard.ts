// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { KibanError, type Localised } from '@kiban/core';
import * as z from 'zod';

/** Sidecar `<name>.idx.json` of a token shard `<name>.bin`: rows of sequenceLength + 1 little-endian tokens. */
const tokenShardIndexSchema = z.looseObject({
  sequenceLength: z.int().positive(),
  /** Rows. */
  count: z.int().nonnegative(),
  vocabularySize: z.int().positive(),
  /** Bytes per token: 2 or 4. */
  tokenBytes: z.union([z.literal(2), z.literal(4)]),
  /** UTF-8 bytes of the text that the tokens stand for. */
  textBytes: z.int().nonnegative().default(0),
});
export type TokenShardIndex = z.output<typeof tokenShardIndexSchema>;

/** Padding: never a training target. */
export const paddingToken = 0;

/** Rows by random access; memory stays flat whatever the shard's size. */
export interface TokenShard {
  readonly index: TokenShardIndex;
  /** One row of sequenceLength + 1 token ids. */
  row(sequence: number, target: Int32Array): void;
  close(): void;
}

/** @param path of the `.bin` file. @throws KibanError `token-shard-invalid` (422) */
export function openTokenShard(path: string): TokenShard {
  const index = readIndex(path);
  const rowLength = index.sequenceLength + 1;
  const bytes = Buffer.alloc(rowLength * index.tokenBytes);
  const file = openRows(path, index.count * bytes.length);
  return {
    index,
    row(sequence, target) {
      if (sequence < 0 || sequence >= index.count) throw new RangeError(`row ${sequence} of ${index.count}`);
      const got = readSync(file, bytes, 0, bytes.length, sequence * bytes.length);
      if (got !== bytes.length)
        throw invalid(path, { ja: `${sequence} 行目が途中で切れています`, en: `row ${sequence} is cut off` });
      for (let position = 0; position < rowLength; position += 1) {
        const token = index.tokenBytes === 2 ? bytes.readUInt16LE(position * 2) : bytes.readUInt32LE(position * 4);
        if (token >= index.vocabularySize)
          throw invalid(path, {
            ja: `${sequence} 行目に語彙の外のトークンがあります`,
            en: `row ${sequence} holds a token outside the vocabulary`,
          });
        target[position] = token;
      }
    },
    close: () => closeSync(file),
  };
}

function openRows(path: string, expectedBytes: number): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw invalid(path, { ja: '読めません', en: 'it cannot be read' }, error);
  }
  const { size } = fstatSync(file);
  if (size === expectedBytes) return file;
  closeSync(file);
  throw invalid(path, {
    ja: `${size} バイトありますが、索引によれば ${expectedBytes} バイトのはずです`,
    en: `it has ${size} bytes where its index describes ${expectedBytes}`,
  });
}

function readIndex(path: string): TokenShardIndex {
  const indexPath = path.replace(/\.bin$/, '.idx.json');
  try {
    return tokenShardIndexSchema.parse(JSON.parse(readFileSync(indexPath, 'utf8')));
  } catch (error) {
    throw invalid(
      indexPath,
      { ja: 'ファイルがないか、トークンシャードの索引ではありません', en: 'it is missing or not a token shard index' },
      error,
    );
  }
}

function invalid(path: string, reason: Localised, cause?: unknown): KibanError {
  return new KibanError({
    code: 'token-shard-invalid',
    status: 422,
    title: { ja: 'トークンシャードが壊れています', en: 'The token shard is damaged' },
    detail: {
      ja: `${path}: ${reason.ja}。データセットを準備し直してください。`,
      en: `${path}: ${reason.en}. Prepare the data set again.`,
    },
    cause,
  });
}
