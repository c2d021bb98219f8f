// SPDX-License-Identifier: Apache-2.0
import type { FileFormat } from './file-formats.ts';
import {
  type FaultReason,
  type FileFault,
  type FileOutcome,
  listedFaults,
  type RefusalReason,
} from './file-outcome.ts';
import type { RecordContent, RecordEncoding } from './text-record.ts';

/** Counts what becomes of one file or entry while it is read. */
export class Tally {
  readonly #path: string;
  readonly #format: FileFormat | null;
  readonly #bytes: number;
  readonly #faults: FileFault[] = [];
  readonly #byReason: Partial<Record<FaultReason, number>> = {};
  readonly #entries = { total: 0, kept: 0, partlyKept: 0, refused: 0 };
  readonly #privateUse = { mapped: 0, unmapped: 0 };
  #faultCount = 0;
  #characters = 0;
  encoding: RecordEncoding | null = null;
  records = 0;

  constructor(path: string, format: FileFormat | null, bytes: number) {
    this.#path = path;
    this.#format = format;
    this.#bytes = bytes;
  }

  /** Whether anything was handed over already, so that the end of the reading does not undo it. */
  get hasCounted(): boolean {
    return this.records > 0 || this.#entries.total > 0;
  }

  record(content: RecordContent): void {
    this.records += 1;
    this.#characters +=
      content.kind === 'text'
        ? content.text.length
        : content.messages.reduce((sum, message) => sum + message.content.length, 0);
  }

  privateUse(mapped: number, unmapped: number): void {
    this.#privateUse.mapped += mapped;
    this.#privateUse.unmapped += unmapped;
  }

  fault(reason: FaultReason, offset: number, line: number, place?: Pick<FileFault, 'within' | 'refusal'>): void {
    this.#faultCount += 1;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
    if (this.#faults.length < listedFaults) this.#faults.push({ reason, offset, line, ...place });
  }

  /** Takes an entry's counts over; `offset` is where it lies in the archive. */
  entry(outcome: FileOutcome, name: string, offset: number): void {
    const { status, reason, entries } = outcome;
    this.#entries.total += 1 + (entries?.total ?? 0);
    this.#entries.kept += (status === 'kept' ? 1 : 0) + (entries?.kept ?? 0);
    this.#entries.partlyKept += (status === 'partly-kept' ? 1 : 0) + (entries?.partlyKept ?? 0);
    this.#entries.refused += (status === 'refused' ? 1 : 0) + (entries?.refused ?? 0);
    this.records += outcome.records;
    this.#characters += outcome.characters;
    this.privateUse(outcome.privateUse.mapped, outcome.privateUse.unmapped);
    if (reason === 'passed-over-name') return;
    if (reason !== null) this.fault('entry-refused', offset, 0, { within: name, refusal: reason });
    this.#faultCount += outcome.faultCount;
    for (const [fault, times] of Object.entries(outcome.faultsByReason) as [FaultReason, number][]) {
      this.#byReason[fault] = (this.#byReason[fault] ?? 0) + times;
    }
    for (const fault of outcome.faults.slice(0, listedFaults - this.#faults.length)) {
      this.#faults.push({ ...fault, within: fault.within === undefined ? name : `${name}!${fault.within}` });
    }
  }

  refused(reason: RefusalReason, detail: string | null = null): FileOutcome {
    return this.#outcome('refused', reason, detail);
  }

  finished(detail: string | null = null): FileOutcome {
    if (this.records > 0) return this.#outcome(this.#faultCount > 0 ? 'partly-kept' : 'kept', null, detail);
    if (this.#faultCount === 0) return this.refused('no-text', detail);
    if (this.#entries.total > 0) return this.refused('no-entry-kept', detail);
    const undecodable = this.#byReason['undecodable-bytes'] === this.#faultCount;
    return this.refused(undecodable ? 'undecodable-bytes' : 'nothing-usable', detail);
  }

  #outcome(status: FileOutcome['status'], reason: RefusalReason | null, detail: string | null): FileOutcome {
    return {
      path: this.#path,
      status,
      reason,
      detail,
      bytes: this.#bytes,
      format: this.#format,
      encoding: this.encoding,
      records: this.records,
      characters: this.#characters,
      entries: this.#entries.total > 0 ? this.#entries : null,
      privateUse: this.#privateUse,
      faultCount: this.#faultCount,
      faultsByReason: this.#byReason,
      faults: this.#faults,
    };
  }
}
