// SPDX-License-Identifier: Apache-2.0
import type { TextEncoding } from './text-record.ts';

export type FileFormat = 'text' | 'jsonl' | 'csv' | 'html';

/** Why a whole file gave nothing. */
export type RefusalReason =
  | 'empty-file'
  | 'binary-file'
  | 'undecodable-bytes'
  | 'encoding-ambiguous'
  | 'unreadable'
  | 'link-leaves-folder'
  | 'not-a-regular-file'
  | 'unsupported-format'
  | 'no-text'
  | 'nothing-usable';

/** Why one line, row or record of a file was dropped while the rest went on. */
export type FaultReason =
  | 'undecodable-bytes'
  | 'line-too-long'
  | 'json-malformed'
  | 'record-malformed'
  | 'csv-row-malformed'
  | 'csv-too-many-cells'
  | 'read-failed';

/** A place in a file where something was dropped. Never holds text of the file. */
export interface FileFault {
  readonly reason: FaultReason;
  /** Byte offset in the file; for `undecodable-bytes` of the first byte of the first bad sequence in the line. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
}

/** What became of one file. */
export interface FileOutcome {
  /** Path inside the folder, with `/`. */
  readonly path: string;
  readonly status: 'kept' | 'partly-kept' | 'refused';
  /** Set exactly when refused. */
  readonly reason: RefusalReason | null;
  /** The operating system's code (`EACCES`) or what the bytes look like (`PDF`), where known. */
  readonly detail: string | null;
  readonly bytes: number;
  readonly format: FileFormat | null;
  readonly encoding: TextEncoding | null;
  /** Records handed over, and their UTF-16 code units. */
  readonly records: number;
  readonly characters: number;
  /** All faults; `faults` lists the first of them (at most {@link listedFaults}). */
  readonly faultCount: number;
  readonly faultsByReason: Readonly<Partial<Record<FaultReason, number>>>;
  readonly faults: readonly FileFault[];
}

/** How many faults of one file are listed; the rest are counted. */
export const listedFaults = 100;
