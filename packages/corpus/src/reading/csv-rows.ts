// SPDX-License-Identifier: Apache-2.0
import { parse } from 'csv-parse/sync';
import type { DecodedLine } from './decode-lines.ts';
import type { ParseOptions } from './parsed-record.ts';

export interface CsvRow {
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

/** Puts physical lines together to rows (RFC 4180: a quoted cell may hold line breaks), so that each row keeps its place in the file. */
export class CsvRows {
  readonly #options: ParseOptions;
  #delimiter: string | undefined;
  #pending: DecodedLine[] = [];
  #pendingCharacters = 0;
  #quotes = atRowStart;

  /** Without a delimiter the commonest of comma, tab and semicolon in the first line is taken. */
  constructor(options: ParseOptions, delimiter?: string) {
    this.#options = options;
    this.#delimiter = delimiter;
  }

  add(batch: readonly DecodedLine[]): CsvRow[] {
    const { maxRowLines, maxRowBytes } = this.#options.limits;
    const rows: CsvRow[] = [];
    const queue = [...batch];
    for (let next = 0; next < queue.length; next += 1) {
      const line = queue[next]!;
      if (this.#pending.length === 0 && line.text.trim() === '') continue;
      this.#delimiter ??= commonestDelimiter(line.text);
      this.#pending.push(line);
      this.#pendingCharacters += line.text.length;
      this.#quotes = afterLine(line.text, this.#delimiter, this.#quotes);
      if (!this.#quotes.inside) rows.push(this.#takeRow());
      else if (this.#pending.length >= maxRowLines || this.#pendingCharacters > maxRowBytes) {
        // A stray quote: its line is given up, the lines after it are read again.
        queue.splice(next + 1, 0, ...this.#giveUpFirst());
      }
    }
    return rows;
  }

  finish(): CsvRow[] {
    const rows: CsvRow[] = [];
    while (this.#pending.length > 0) rows.push(...this.add(this.#giveUpFirst()));
    return rows;
  }

  /** Cells of each row; undefined for a row that cannot be parsed. All at once, and one by one only when that fails. */
  cells(rows: readonly CsvRow[]): (string[] | undefined)[] {
    const together = this.#parse(rows.map((row) => row.text).join('\n'));
    if (together?.length === rows.length) return together;
    return rows.map((row) => this.#parse(row.text)?.[0]);
  }

  /** Counts a delimiter inside quotes too: more than the bound either way is not a row that anybody made. */
  hasTooManyCells(row: CsvRow): boolean {
    const { maxRowCells } = this.#options.limits;
    if (row.text.length < maxRowCells) return false;
    let cells = 1;
    for (
      let at = row.text.indexOf(this.#delimiter ?? ',');
      at >= 0;
      at = row.text.indexOf(this.#delimiter ?? ',', at + 1)
    ) {
      cells += 1;
    }
    return cells > maxRowCells;
  }

  #takeRow(): CsvRow {
    const text = this.#pending.map((part) => part.text.replace(/\r$/, '')).join('\n');
    const { offset, number } = this.#pending[0]!;
    this.#reset();
    return { text, offset, line: number };
  }

  #giveUpFirst(): DecodedLine[] {
    const [bad, ...again] = this.#pending;
    this.#options.onFault('csv-row-malformed', bad!.offset, bad!.number);
    this.#reset();
    return again;
  }

  #reset(): void {
    this.#pending = [];
    this.#pendingCharacters = 0;
    this.#quotes = atRowStart;
  }

  #parse(text: string): string[][] | undefined {
    try {
      return parse(text, {
        delimiter: this.#delimiter ?? ',',
        relax_column_count: true,
        relax_quotes: true,
        record_delimiter: '\n',
      });
    } catch {
      return undefined;
    }
  }
}

function commonestDelimiter(header: string): string {
  const counts = [',', '\t', ';'].map((mark) => ({ mark, count: header.split(mark).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark;
}

interface QuoteState {
  readonly inside: boolean;
  readonly atCellStart: boolean;
}

const atRowStart: QuoteState = { inside: false, atCellStart: true };

/** Where one more line leaves the row. A quote opens a cell only at its beginning; inside, two quotes are one. */
function afterLine(text: string, delimiter: string, { inside, atCellStart }: QuoteState): QuoteState {
  if (!text.includes('"')) return { inside, atCellStart: false };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inside) {
      if (character !== '"') continue;
      if (text[at + 1] === '"') at += 1;
      else inside = false;
    } else if (character === '"' && atCellStart) inside = true;
    else atCellStart = character === delimiter;
    if (inside) atCellStart = false;
  }
  return { inside, atCellStart };
}
