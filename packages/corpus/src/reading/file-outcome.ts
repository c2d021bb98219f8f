// SPDX-License-Identifier: Apache-2.0
import type { FileFormat } from './file-formats.ts';
import type { RecordEncoding } from './text-record.ts';

/** Why a whole file, or entry of an archive, gave nothing. */
export type RefusalReason =
  | 'empty-file'
  | 'binary-file'
  | 'undecodable-bytes'
  | 'encoding-ambiguous'
  | 'unreadable'
  | 'passed-over-name'
  | 'link-leaves-folder'
  | 'link-to-folder'
  | 'not-a-regular-file'
  | 'unsupported-format'
  | 'unsupported-compression'
  | 'encrypted'
  | 'document-malformed'
  | 'archive-malformed'
  | 'checksum-wrong'
  | 'entry-path-leaves-archive'
  | 'entry-name-repeated'
  | 'expands-too-much'
  | 'too-many-entries'
  | 'nested-too-deep'
  | 'too-large-to-hold'
  | 'too-many-cells'
  | 'too-many-pages'
  | 'took-too-long'
  | 'took-too-much-memory'
  | 'no-text-layer'
  | 'no-text'
  | 'no-entry-kept'
  | 'nothing-usable';

/** Why one line, row, record, page or entry of a file was dropped while the rest went on. */
export type FaultReason =
  | 'undecodable-bytes'
  | 'line-too-long'
  | 'json-malformed'
  | 'json-too-deep'
  | 'record-malformed'
  | 'csv-row-malformed'
  | 'csv-too-many-cells'
  | 'column-name-too-long'
  | 'markup-malformed'
  | 'markup-too-deep'
  | 'entity-unknown'
  | 'part-malformed'
  | 'part-missing'
  | 'paragraph-too-long'
  | 'page-unreadable'
  | 'page-without-text'
  | 'entry-refused'
  | 'cut-short'
  | 'read-failed';

/** A place in a file where something was dropped. Never holds text of the file. */
export interface FileFault {
  readonly reason: FaultReason;
  /**
   * Byte offset in the file, of a compressed one in what it holds; for `undecodable-bytes` of the first byte of the first bad sequence in the
   * line, for `entry-refused` of the entry in its archive. In Office files, PDF and mail: in the UTF-8 text taken out so far.
   */
  readonly offset: number;
  /** Counted from 1; 0 where there are no lines. */
  readonly line: number;
  /** Entry of an archive (`b/c.csv`), part of an Office file (`xl/worksheets/sheet1.xml`) or page of a PDF (`page 3`). */
  readonly within?: string;
  /** Why the entry was refused, or the reading ended. */
  readonly refusal?: RefusalReason;
}

export interface EntryCounts {
  readonly total: number;
  readonly kept: number;
  readonly partlyKept: number;
  readonly refused: number;
}

/** What became of one file, or of one entry of an archive. */
export interface FileOutcome {
  /** Path inside the folder, with `/`; of an entry `a.zip!b/c.csv`. */
  readonly path: string;
  readonly status: 'kept' | 'partly-kept' | 'refused';
  /** Set exactly when refused. */
  readonly reason: RefusalReason | null;
  /** The operating system's code (`EACCES`) or what the bytes look like (`PDF`), where known. */
  readonly detail: string | null;
  readonly bytes: number;
  readonly format: FileFormat | null;
  readonly encoding: RecordEncoding | null;
  /** Records handed over, and their UTF-16 code units; of an archive those of its entries together. */
  readonly records: number;
  readonly characters: number;
  /** Files inside, through all levels; null when the format has none. */
  readonly entries: EntryCounts | null;
  /** Company characters (外字): replaced by the table of the source, and kept as they are for want of an entry there. */
  readonly privateUse: { readonly mapped: number; readonly unmapped: number };
  /** All faults; `faults` lists the first of them (at most {@link listedFaults}). */
  readonly faultCount: number;
  readonly faultsByReason: Readonly<Partial<Record<FaultReason, number>>>;
  readonly faults: readonly FileFault[];
}

/** How many faults of one file are listed; the rest are counted. */
export const listedFaults = 100;
