// SPDX-License-Identifier: Apache-2.0
import type { ExtractedText } from '../extracted-text.ts';
import type { FaultReason } from '../file-outcome.ts';
import type { ParsedRecord, ReaderOptions } from '../parsed-record.ts';
import { rowText } from '../row-text.ts';
import type { MergedCells } from './merged-cells.ts';
import type { SheetRow } from './sheet-rows.ts';

/** Rows that are looked at to find the one that names the columns. */
const lookAhead = 20;

/**
 * One sheet. When one of its first rows names the columns, each row below is a record of lines `column: value`, and what stands above is a document
 * of its own; otherwise the sheet is one document with a line a row and tabs between the cells.
 */
export class SheetTable {
  readonly #name: string;
  readonly #merges: readonly MergedCells[];
  readonly #text: ExtractedText;
  #first: SheetRow[] | undefined = [];
  #columns: readonly string[] | undefined;

  readonly #options: ReaderOptions;
  readonly #part: string;

  constructor(
    { name, part, merges }: { name: string; part: string; merges: readonly MergedCells[] },
    text: ExtractedText,
    options: ReaderOptions,
  ) {
    this.#options = options;
    this.#part = part;
    this.#name = name;
    this.#merges = merges;
    this.#text = text;
  }

  *add(rows: readonly SheetRow[]): Generator<ParsedRecord> {
    for (const row of rows) {
      if (this.#first === undefined) yield* this.#out(row);
      else {
        this.#first.push(row);
        if (this.#first.length === lookAhead) yield* this.#decide();
      }
    }
  }

  *end(): Generator<ParsedRecord> {
    yield* this.#decide();
    yield* this.#text.endDocument();
  }

  *#decide(): Generator<ParsedRecord> {
    const first = this.#first ?? [];
    this.#first = undefined;
    if (first.length === 0) return;
    const heading = headingIndex(first, this.#merges);
    if (heading !== 0) yield* this.#text.add(`${this.#name}\n`);
    for (const [index, row] of first.entries()) {
      if (index !== heading) yield* this.#out(row);
      else {
        yield* this.#text.endDocument();
        this.#columns = this.#names(row, first[index - 1]);
      }
    }
  }

  *#out(row: SheetRow): Generator<ParsedRecord> {
    const cells = inOrder(row);
    const names = cells.map(([column]) => this.#columns?.[column] ?? '');
    // Cells point to shared strings, and records repeat the heading: a small file can stand for a lot of text.
    const length = cells.reduce((sum, [, { text }], index) => sum + text.length + names[index]!.length, 0);
    if (length > this.#options.limits.maxRowBytes) return this.#fault('line-too-long', row);
    this.#options.budget.spend(length);
    if (this.#columns === undefined) {
      const line = cells.map(([, { text }]) => text.trim().replace(/\s*\n\s*/g, ' ')).join('\t');
      yield* this.#text.add(`${line}\n`);
    } else {
      const text = rowText(
        names,
        cells.map(([, cell]) => cell.text),
      );
      if (text !== '') yield this.#text.record(text);
    }
  }

  #names(row: SheetRow, above: SheetRow | undefined): readonly string[] {
    const names = columnNames(row, above, this.#merges);
    return Array.from(names, (name = '') => {
      if (name.length <= this.#options.limits.maxColumnNameCharacters) return name;
      this.#fault('column-name-too-long', row);
      return '';
    });
  }

  #fault(reason: FaultReason, { row }: SheetRow): void {
    this.#options.onFault(reason, this.#text.offset, row + 1, { within: this.#part });
  }
}

function inOrder({ cells }: SheetRow): (readonly [number, { readonly text: string; readonly isText: boolean }])[] {
  return [...cells].sort(([one], [other]) => one - other);
}

/**
 * The first row of two or more texts, each once, that is about as wide as the rows below it. Where some of them span several columns and the next row
 * is one too, the next names the columns.
 */
function headingIndex(rows: readonly SheetRow[], merges: readonly MergedCells[]): number {
  const index = rows.findIndex((row, at) => {
    const below = rows.slice(at + 1);
    return (
      isOfTexts(row) && below.length > 0 && row.cells.size >= 0.8 * Math.max(...below.map(({ cells }) => cells.size))
    );
  });
  const [row, next] = [rows[index], rows[index + 1]];
  if (row === undefined || next === undefined || index + 2 >= rows.length) return index;
  const spans = merges.some(({ from, to }) => from.row === row.row && to.row === row.row && to.column > from.column);
  return spans && next.cells.size > row.cells.size && isOfTexts(next) ? index + 1 : index;
}

function isOfTexts({ cells }: SheetRow): boolean {
  const values = [...cells.values()];
  return (
    values.length >= 2 &&
    values.every(({ isText }) => isText) &&
    new Set(values.map(({ text }) => text)).size === values.length
  );
}

/** The name of a column; under a heading that spans several, with that one before it. */
function columnNames(row: SheetRow, above: SheetRow | undefined, merges: readonly MergedCells[]): readonly string[] {
  const names: string[] = [];
  for (const [column, { text }] of row.cells) names[column] = text.replace(/\s+/g, ' ').trim();
  if (above === undefined || above.row !== row.row - 1 || above.cells.size < 2) return names;
  for (const { from, to } of merges) {
    if (from.row !== above.row || to.row !== above.row || to.column === from.column) continue;
    const group = above.cells.get(from.column)?.text.replace(/\s+/g, ' ').trim();
    for (const column of row.cells.keys()) {
      if (group && column >= from.column && column <= to.column) names[column] = `${group} ${names[column]}`;
    }
  }
  return names;
}
