// SPDX-License-Identifier: Apache-2.0

/** Where a cell of a table stands, for the words that say what it holds. */
export interface TablePlace {
  readonly separator: string;
  /** The first line of the table, in the shadow. */
  readonly header: string;
}

/**
 * A line of the shadow, or two lines joined where a number was wrapped: what rules look at. Positions are units of `text`; the region is
 * `[from, to)` and what lies around it serves as context only.
 */
export class Region {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly table: TablePlace | undefined;
  /** Where two lines were joined; only candidates across it count. */
  readonly join: number | undefined;
  readonly #shift: (position: number) => number;
  #line: string | undefined;

  constructor(
    text: string,
    from: number,
    to: number,
    table?: TablePlace,
    joined?: { readonly at: number; readonly shift: (position: number) => number },
  ) {
    this.text = text;
    this.from = from;
    this.to = to;
    this.table = table;
    this.join = joined?.at;
    this.#shift = joined?.shift ?? ((position) => position);
  }

  /** The region alone, for patterns that search; add `from` to their positions. */
  get line(): string {
    this.#line ??= this.text.slice(this.from, this.to);
    return this.#line;
  }

  /** A position of this text as one of the whole shadow. */
  inShadow(position: number): number {
    return this.#shift(position);
  }

  /** Up to `length` units in front of a position: of its cell in a table, else across line breaks. */
  before(position: number, length: number): string {
    const least = this.table === undefined ? 0 : this.#cellStart(position);
    return this.text.slice(Math.max(least, position - length), position);
  }

  after(position: number, length: number): string {
    const most = this.table === undefined ? this.text.length : this.#cellEnd(position);
    return this.text.slice(position, Math.min(most, position + length));
  }

  /** Heads of column and row, and the cell to the left: what says what a cell holds. Empty outside tables. */
  headings(position: number): { readonly column: string; readonly row: string; readonly left: string } {
    if (this.table === undefined) return { column: '', row: '', left: '' };
    const { separator, header } = this.table;
    const cells = this.text.slice(this.from, this.#cellStart(position)).split(separator);
    const index = cells.length - 1;
    const first = cells.find((cell) => cell.trim() !== '') ?? '';
    return { column: header.split(separator)[index] ?? '', row: index > 0 ? first : '', left: cells[index - 1] ?? '' };
  }

  #cellStart(position: number): number {
    return Math.max(this.from, this.text.lastIndexOf(this.table!.separator, position - 1) + 1);
  }

  #cellEnd(position: number): number {
    const found = this.text.indexOf(this.table!.separator, position);
    return found < 0 ? this.to : Math.min(found, this.to);
  }
}
