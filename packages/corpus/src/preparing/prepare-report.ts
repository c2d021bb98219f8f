// SPDX-License-Identifier: Apache-2.0
import type { Sha256Digest } from '@kiban/core';
import type { ProfileName } from '@kiban/japanese';
import type { ShardIndex } from '../packing/shard-index.ts';
import type { FileFormat } from '../reading/file-formats.ts';
import type { FaultReason, FileOutcome, RefusalReason } from '../reading/file-outcome.ts';
import type { RecordEncoding } from '../reading/text-record.ts';

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

/** What became of the files of a folder, before anything was packed: counts and places only, never text. JSON-safe. */
export interface FilesReport {
  readonly version: 1;
  /** Names what was done to documents: version, settings, Unicode tables. */
  readonly pipeline: Sha256Digest;
  readonly profile: ProfileName;
  /** ICU and Unicode versions that word cuts and character classes came from. */
  readonly icu: string;
  readonly unicode: string;
  readonly files: {
    readonly total: number;
    readonly kept: number;
    readonly partlyKept: number;
    readonly refused: number;
    readonly bytes: number;
    readonly byEncoding: Partial<Record<RecordEncoding, number>>;
    readonly byFormat: Partial<Record<FileFormat, number>>;
    readonly byRefusal: Partial<Record<RefusalReason, number>>;
  };
  readonly faults: Partial<Record<FaultReason, number>>;
  /** Documents that ended in the pipeline, by reason; duplicates are counted apart. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Rules of the quality profile that dropped documents missed; one may miss several. */
  readonly qualityRules: Readonly<Record<string, number>>;
  /** Personal data found, by class and action. */
  readonly personalData: Readonly<Record<string, number>>;
  /** Documents that are stored, duplicates among them; pieces of a document that was too long count each. */
  readonly preparedDocuments: number;
  /** The first refused and partly kept files (at most 1,000), with their offsets. */
  readonly problems: readonly FileOutcome[];
}

/** What was done with a folder up to its token shards. Stored as `report.json` beside them. */
export interface PrepareReport extends FilesReport {
  readonly tokenizerDigest: Sha256Digest;
  readonly sequenceLength: number;
  readonly heldOutPerMille: number;
  /** After removal of duplicates; pieces of a document that was too long count each. */
  readonly documents: number;
  readonly chats: number;
  /** Documents left out because another one is equal. */
  readonly duplicates: number;
  /** Prose left out because a better document is nearly the same. */
  readonly nearDuplicates: number;
  /** Paragraphs cut because they stand in over 1 % of the documents and in over 20. */
  readonly boilerplateParagraphs: number;
  /** UTF-16 code units after the profile. */
  readonly characters: number;
  readonly tokens: number;
  readonly charactersPerToken: number;
  readonly training: SideReport;
  readonly heldOut: SideReport;
  readonly shards: { readonly training: ShardIndex; readonly heldOut: ShardIndex };
}
