// SPDX-License-Identifier: Apache-2.0
import { parse } from 'csv-parse/sync';
import type { DecodedLine } from './decode-lines.ts';
import type { ParsedRecord, ParseOptions } from './parsed-record.ts';

/** A quoted cell over more lines than this is taken for a stray quote. */
const maxLinesOfRow = 200;

interface Row {
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

/** One record a row, as lines `column: value` without the empty cells. The first row names the columns; comma, tab or semicolon separates. */
export async function* parseCsv(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  const rows = new RowSplitter(options);
  let columns: readonly string[] | undefined;
  for await (const batch of withEnd(batches)) {
    let ready = batch === 'end' ? rows.finish() : rows.add(batch);
    if (columns === undefined && ready.length > 0) {
      columns = rows.cells([ready[0]!])[0] ?? [];
      ready = ready.slice(1);
    }
    const cells = rows.cells(ready);
    for (const [index, row] of ready.entries()) {
      const values = cells[index];
      if (values === undefined) options.onFault('csv-row-malformed', row.offset, row.line);
      else if (values.slice(columns?.length).some((cell) => cell.trim() !== '')) {
        options.onFault('csv-too-many-cells', row.offset, row.line);
      } else {
        const text = rowText(columns ?? [], values);
        if (text !== '') yield { content: { kind: 'text', text }, offset: row.offset, part: 0 };
      }
    }
  }
}

function rowText(columns: readonly string[], values: readonly string[]): string {
  const lines: string[] = [];
  for (const [index, name] of columns.entries()) {
    const value = values[index]?.trim();
    if (value) lines.push(name.trim() === '' ? value : `${name.trim()}: ${value}`);
  }
  return lines.join('\n');
}

async function* withEnd<T>(batches: AsyncIterable<T>): AsyncGenerator<T | 'end'> {
  yield* batches;
  yield 'end';
}

/** Puts physical lines together to rows (RFC 4180: a quoted cell may hold line breaks), so that each row keeps its place in the file. */
class RowSplitter {
  readonly #options: ParseOptions;
  #pending: DecodedLine[] = [];
  #delimiter: string | undefined;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  add(batch: readonly DecodedLine[]): Row[] {
    const rows: Row[] = [];
    const queue = [...batch];
    for (let next = 0; next < queue.length; next += 1) {
      const line = queue[next]!;
      if (this.#pending.length === 0 && line.text.trim() === '') continue;
      this.#delimiter ??= commonestDelimiter(line.text);
      this.#pending.push(line);
      const text = this.#pending.map((part) => part.text.replace(/\r$/, '')).join('\n');
      if (!endsInsideQuotes(text, this.#delimiter)) {
        rows.push({ text, offset: this.#pending[0]!.offset, line: this.#pending[0]!.number });
        this.#pending = [];
      } else if (this.#pending.length >= maxLinesOfRow) {
        // A stray quote: its line is given up, the lines after it are read again.
        const [bad, ...again] = this.#pending;
        this.#options.onFault('csv-row-malformed', bad!.offset, bad!.number);
        this.#pending = [];
        queue.splice(next + 1, 0, ...again);
      }
    }
    return rows;
  }

  finish(): Row[] {
    const rows: Row[] = [];
    while (this.#pending.length > 0) {
      const [bad, ...again] = this.#pending;
      this.#options.onFault('csv-row-malformed', bad!.offset, bad!.number);
      this.#pending = [];
      rows.push(...this.add(again));
    }
    return rows;
  }

  /** Cells of each row; undefined for a row that cannot be parsed. All at once, and one by one only when that fails. */
  cells(rows: readonly Row[]): (string[] | undefined)[] {
    const together = this.#parse(rows.map((row) => row.text).join('\n'));
    if (together?.length === rows.length) return together;
    return rows.map((row) => this.#parse(row.text)?.[0]);
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

/** A quote opens a cell only at its beginning; inside, two quotes are one. */
function endsInsideQuotes(text: string, delimiter: string): boolean {
  if (!text.includes('"')) return false;
  let inside = false;
  let atStart = true;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inside) {
      if (character !== '"') continue;
      if (text[at + 1] === '"') at += 1;
      else inside = false;
    } else if (character === '"' && atStart) inside = true;
    else atStart = character === delimiter;
    if (inside) atStart = false;
  }
  return inside;
}
