// SPDX-License-Identifier: Apache-2.0
import type { Sha256Digest } from '@kiban/core';
import type { ProfileName } from '@kiban/japanese';
import type { ShardIndex } from '../packing/shard-index.ts';
import type { FaultReason, FileOutcome, RefusalReason } from '../reading/file-outcome.ts';
import type { TextEncoding } from '../reading/text-record.ts';

/** Where a run stands. Bytes are bytes of source files; totals are known from the start. */
export interface PrepareProgress {
  readonly files: number;
  readonly filesTotal: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly documents: number;
  readonly tokens: number;
}

/** What one side of the split got. */
export interface SideReport {
  readonly documents: number;
  readonly characters: number;
  readonly tokens: number;
}

/** What was done with a folder: counts and places only, never text. JSON-safe; stored as `report.json` beside the shards. */
export interface PrepareReport {
  readonly version: 1;
  readonly profile: ProfileName;
  readonly tokenizerDigest: Sha256Digest;
  /** ICU and Unicode versions that word cuts and character classes came from. */
  readonly icu: string;
  readonly unicode: string;
  readonly sequenceLength: number;
  readonly heldOutPerMille: number;
  readonly files: {
    readonly total: number;
    readonly kept: number;
    readonly partlyKept: number;
    readonly refused: number;
    readonly bytes: number;
    readonly byEncoding: Partial<Record<TextEncoding, number>>;
    readonly byRefusal: Partial<Record<RefusalReason, number>>;
  };
  readonly faults: Partial<Record<FaultReason, number>>;
  /** After removal of duplicates; pieces of a document that was too long count each. */
  readonly documents: number;
  readonly chats: number;
  readonly duplicates: number;
  /** Documents left without text by the profile. */
  readonly emptyDocuments: number;
  /** UTF-16 code units after the profile. */
  readonly characters: number;
  readonly tokens: number;
  readonly charactersPerToken: number;
  readonly training: SideReport;
  readonly heldOut: SideReport;
  readonly shards: { readonly training: ShardIndex; readonly heldOut: ShardIndex };
  /** The first refused and partly kept files (at most 1,000), with their offsets. */
  readonly problems: readonly FileOutcome[];
}
