// SPDX-License-Identifier: Apache-2.0
import { digestSchema } from '@kiban/core';
import * as z from 'zod';

/**
 * Sidecar `NAME.idx.json` of a shard `NAME.bin`. The `.bin` is `count` rows of `sequenceLength + 1` token ids, little-endian, `tokenBytes` each,
 * without header: row r begins at byte `r * (sequenceLength + 1) * tokenBytes`. The last id of a row is only a target, the first only an input.
 * The sidecar is written last: without it there is no shard.
 */
export const shardIndexSchema = z.strictObject({
  version: z.literal(1),
  sequenceLength: z.int().positive(),
  /** Rows. */
  count: z.int().nonnegative(),
  vocabularySize: z.int().positive(),
  /** 2 (vocabulary up to 65,536) or 4. */
  tokenBytes: z.union([z.literal(2), z.literal(4)]),
  /** UTF-8 bytes of normalised text that the rows cover, for bits per byte. */
  textBytes: z.int().nonnegative(),
  /** Token ids that are not padding. */
  tokens: z.int().nonnegative(),
  documents: z.int().nonnegative(),
  /** SHA-256 of the tokenizer's `tokenizer.json`. */
  tokenizerDigest: digestSchema,
  /** SHA-256 of the `.bin`. */
  sha256: digestSchema,
  /** SHA-256 of `NAME.docs.bin`, which tells where documents begin; see `document-index.ts`. */
  documentsSha256: digestSchema,
});
/** `NAME.idx.json` of `NAME.bin`; also of paths. */
export function indexName(shard: string): string {
  return shard.replace(/\.bin$/, '.idx.json');
}

export type ShardIndex = z.infer<typeof shardIndexSchema>;
