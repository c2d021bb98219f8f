// SPDX-License-Identifier: Apache-2.0
import type { FileFormat } from '../reading/file-formats.ts';
import type { FaultReason, FileOutcome, RefusalReason } from '../reading/file-outcome.ts';
import type { RecordEncoding } from '../reading/text-record.ts';
import type { FilesReport } from './prepare-report.ts';
import type { SegmentFile } from './segment.ts';

/** How many refused and partly kept files a report lists. */
const listedProblems = 1_000;

/** Adds up what became of the files. */
export class PrepareTally {
  readonly problems: FileOutcome[] = [];
  readonly faults: Partial<Record<FaultReason, number>> = {};
  readonly dropped: Record<string, number> = {};
  readonly qualityRules: Record<string, number> = {};
  readonly personalData: Record<string, number> = {};
  readonly #byEncoding: Partial<Record<RecordEncoding, number>> = {};
  readonly #byFormat: Partial<Record<FileFormat, number>> = {};
  readonly #byRefusal: Partial<Record<RefusalReason, number>> = {};
  readonly #byStatus = { kept: 0, 'partly-kept': 0, refused: 0 };
  #bytes = 0;
  #documents = 0;

  add({ outcome, documents, dropped, qualityRules, personalData }: SegmentFile): void {
    this.#byStatus[outcome.status] += 1;
    this.#bytes += outcome.bytes;
    this.#documents += documents;
    if (outcome.encoding !== null) count(this.#byEncoding, outcome.encoding, 1);
    if (outcome.format !== null) count(this.#byFormat, outcome.format, 1);
    if (outcome.reason !== null) count(this.#byRefusal, outcome.reason, 1);
    for (const [reason, times] of Object.entries(outcome.faultsByReason))
      count(this.faults, reason as FaultReason, times);
    for (const [reason, times] of Object.entries(dropped)) count(this.dropped, reason, times);
    for (const [rule, times] of Object.entries(qualityRules)) count(this.qualityRules, rule, times);
    for (const [name, times] of Object.entries(personalData)) count(this.personalData, name, times);
    if (outcome.status !== 'kept' && this.problems.length < listedProblems) this.problems.push(outcome);
  }

  /** Documents in the segments. */
  get documents(): number {
    return this.#documents;
  }

  files(): FilesReport['files'] {
    const { kept, 'partly-kept': partlyKept, refused } = this.#byStatus;
    const [byEncoding, byFormat, byRefusal] = [this.#byEncoding, this.#byFormat, this.#byRefusal];
    const total = kept + partlyKept + refused;
    return { total, kept, partlyKept, refused, bytes: this.#bytes, byEncoding, byFormat, byRefusal };
  }
}

function count<K extends string>(counts: Partial<Record<K, number>>, key: K, times: number): void {
  counts[key] = (counts[key] ?? 0) + times;
}
