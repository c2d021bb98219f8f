// SPDX-License-Identifier: Apache-2.0
import type { ReadingLimits } from '../reading-limits.ts';
import type { XmlAttributes } from '../xml-events.ts';

interface ParagraphLinesOptions {
  /** Elements whose content is not text of the document. */
  readonly silent: ReadonlySet<string>;
  readonly limits: ReadingLimits;
  /** The rest of a paragraph that is too long was dropped. */
  readonly onTooLong: () => void;
}

/** Lines of paragraphs (`p`, `t`, `tab`, `br`) and tables (`tr`, `tc`), which WordprocessingML and DrawingML name alike. */
export class ParagraphLines {
  readonly #options: ParagraphLinesOptions;
  #done: string[] = [];
  #line = '';
  #inText = false;
  #silentDepth = 0;
  /** Cells of the rows that are open; a cell may hold a table. */
  readonly #rows: string[][] = [];
  #isCut = false;

  constructor(options: ParagraphLinesOptions) {
    this.#options = options;
  }

  readonly onOpen = (name: string, attributes: XmlAttributes): void => {
    if (this.#silentDepth > 0 || this.#isSilent(name, attributes)) {
      this.#silentDepth += 1;
      return;
    }
    if (name === 't') this.#inText = true;
    else if (name === 'p') this.#endParagraph();
    else if (name === 'tab') this.#append('\t');
    else if (name === 'br' || name === 'cr') this.#append('\n');
    else if (name === 'noBreakHyphen') this.#append('-');
    else if (name === 'tr') {
      this.#endParagraph();
      this.#rows.push([]);
    } else if (name === 'tc') this.#openCell();
  };

  readonly onClose = (name: string): void => {
    if (this.#silentDepth > 0) {
      this.#silentDepth -= 1;
      return;
    }
    if (name === 't') this.#inText = false;
    else if (name === 'p' || name === 'tc') this.#endParagraph();
    else if (name === 'tr') {
      const cells = this.#rows.pop() ?? [];
      const row = cells.join('\t').trimEnd();
      if (row.trim() !== '') this.#out(row);
    }
  };

  readonly onText = (text: string): void => {
    if (this.#inText && this.#silentDepth === 0) this.#append(text);
  };

  /** Lines that are finished, each with its line break. */
  take(): string {
    const text = this.#done.join('');
    this.#done = [];
    return text;
  }

  #isSilent(name: string, attributes: XmlAttributes): boolean {
    // Slide numbers and dates that a program fills in.
    return this.#options.silent.has(name) || (name === 'fld' && 'type' in attributes);
  }

  #openCell(): void {
    const cells = this.#rows.at(-1);
    if (cells !== undefined && cells.length < this.#options.limits.maxRowCells) cells.push('');
  }

  #append(text: string): void {
    if (this.#line.length + text.length > this.#options.limits.maxParagraphCharacters) {
      if (!this.#isCut) this.#options.onTooLong();
      this.#isCut = true;
    } else this.#line += text;
  }

  #endParagraph(): void {
    const line = this.#line.trimEnd();
    this.#line = '';
    this.#isCut = false;
    if (line !== '') this.#out(line);
  }

  /** To the cell that is open, or out. */
  #out(line: string): void {
    const cells = this.#rows.at(-1);
    if (cells === undefined || cells.length === 0) {
      this.#done.push(`${line}\n`);
      return;
    }
    const last = cells.length - 1;
    const cell = cells[last]!;
    if (cell.length + line.length > this.#options.limits.maxParagraphCharacters) this.#options.onTooLong();
    else cells[last] = `${cell}${cell === '' ? '' : ' '}${line.replaceAll('\n', ' ')}`;
  }
}
