// SPDX-License-Identifier: Apache-2.0
import type { FaultListener } from '../fault-listener.ts';
import type { ReadingLimits } from '../reading-limits.ts';
import { Refusal } from '../refusal.ts';
import type { XmlAttributes } from '../xml-events.ts';
import { type CellFormat, numberText } from './cell-dates.ts';
import { cellPlace, type MergedCells } from './merged-cells.ts';

export interface SheetCell {
  readonly text: string;
  readonly isText: boolean;
}

/** The cells of one row that are not empty, by column. */
export interface SheetRow {
  readonly row: number;
  readonly cells: ReadonlyMap<number, SheetCell>;
}

export interface Workbook {
  readonly strings: readonly string[];
  readonly formats: readonly CellFormat[];
  readonly startsIn1904: boolean;
  readonly limits: ReadingLimits;
  /** Cells read so far, in all sheets. */
  cellCount: number;
}

/** Puts the cells of a sheet's XML together to rows. A cell merged over several rows counts in each of them. */
export class SheetRows {
  readonly #workbook: Workbook;
  readonly #merges: readonly MergedCells[];
  readonly #onFault: FaultListener;
  #nextMerge = 0;
  /** Blocks over rows still to come, with what is in them. */
  #open: { readonly merge: MergedCells; cell: SheetCell | undefined }[] = [];
  #rows: SheetRow[] = [];
  #row = -1;
  #column = -1;
  #cells = new Map<number, SheetCell>();
  #type = '';
  #style = 0;
  #value = '';
  #taking = false;
  #inReading = false;
  #inFormula = false;

  constructor(workbook: Workbook, merges: readonly MergedCells[], onFault: FaultListener) {
    this.#workbook = workbook;
    this.#merges = merges;
    this.#onFault = onFault;
  }

  readonly onOpen = (name: string, attributes: XmlAttributes): void => {
    if (name === 'row') {
      const number = Number(attributes.r);
      this.#row = Number.isInteger(number) && number > 0 ? number - 1 : this.#row + 1;
      this.#column = -1;
      this.#cells = new Map();
    } else if (name === 'c') {
      this.#workbook.cellCount += 1;
      if (this.#workbook.cellCount > this.#workbook.limits.maxWorkbookCells) throw new Refusal('too-many-cells');
      this.#column = cellPlace(attributes.r ?? '')?.column ?? this.#column + 1;
      this.#type = attributes.t ?? 'n';
      this.#style = Number(attributes.s ?? 0);
      this.#value = '';
    } else if (name === 'rPh') this.#inReading = true;
    else if (name === 'f') this.#inFormula = true;
    else if (name === 'v' || name === 't') this.#taking = !this.#inReading && !this.#inFormula;
  };

  readonly onText = (text: string): void => {
    if (!this.#taking) return;
    if (this.#value.length + text.length <= this.#workbook.limits.maxParagraphCharacters) this.#value += text;
    else this.#onFault('paragraph-too-long', 0, this.#row + 1);
  };

  readonly onClose = (name: string): void => {
    if (name === 'rPh') this.#inReading = false;
    else if (name === 'f') this.#inFormula = false;
    else if (name === 'v' || name === 't') this.#taking = false;
    else if (name === 'c') {
      const cell = this.#cell();
      if (cell !== undefined) this.#cells.set(this.#column, cell);
    } else if (name === 'row') this.#endRow();
  };

  take(): readonly SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #cell(): SheetCell | undefined {
    const { strings, formats, startsIn1904 } = this.#workbook;
    const raw = this.#value;
    if (this.#type === 's') {
      const text = strings[Number(raw)];
      if (text === undefined && raw !== '') this.#onFault('record-malformed', 0, this.#row + 1);
      return text === undefined || text.trim() === '' ? undefined : { text, isText: true };
    }
    if (raw.trim() === '' || this.#type === 'e') return undefined;
    if (this.#type === 'b') return { text: raw === '1' ? 'TRUE' : 'FALSE', isText: false };
    if (this.#type === 'd') return { text: raw.replace(/T00:00:00(\.0+)?$/, '').replace('T', ' '), isText: false };
    if (this.#type === 'n') {
      return { text: numberText(raw, formats[this.#style] ?? 'number', startsIn1904), isText: false };
    }
    return { text: raw, isText: true };
  }

  #endRow(): void {
    for (let merge = this.#merges[this.#nextMerge]; merge && merge.from.row <= this.#row; ) {
      if (merge.to.row > merge.from.row) this.#open.push({ merge, cell: undefined });
      this.#nextMerge += 1;
      merge = this.#merges[this.#nextMerge];
    }
    if (this.#open.length > 0) {
      this.#open = this.#open.filter(({ merge }) => merge.to.row >= this.#row);
      for (const block of this.#open) {
        const { from } = block.merge;
        if (from.row === this.#row) block.cell = this.#cells.get(from.column);
        // A row that holds nothing else is a gap in the table, not a row of it.
        else if (block.cell && this.#cells.size > 0 && !this.#cells.has(from.column)) {
          this.#cells.set(from.column, block.cell);
        }
      }
    }
    if (this.#cells.size > 0) this.#rows.push({ row: this.#row, cells: this.#cells });
    this.#cells = new Map();
  }
}
