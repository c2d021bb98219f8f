// SPDX-License-Identifier: Apache-2.0
import type { LineFacts } from './line-facts.ts';
import type { TablePlace } from './region.ts';

/** Follows the lines of a text and tells which stand in a table: two or more in a row with the same number of the same separator. */
export class TableTracker {
  #separator = '';
  #cells = 0;
  #header = '';
  #current: TablePlace | undefined;

  /** The table of a line, undefined for a first line, as it is only a table's if another follows. */
  place(text: string, facts: LineFacts): TablePlace | undefined {
    const separator = facts.tabs > 0 ? '\t' : facts.bars > 1 ? '|' : facts.commas > 1 ? ',' : '';
    const cells = separator === '\t' ? facts.tabs : separator === '|' ? facts.bars : facts.commas;
    if (separator === '') {
      this.#separator = '';
      this.#current = undefined;
      return undefined;
    }
    if (separator !== this.#separator || cells !== this.#cells) {
      this.#separator = separator;
      this.#cells = cells;
      this.#header = text.slice(facts.from, facts.to);
      this.#current = undefined;
      return undefined;
    }
    this.#current ??= { separator, header: this.#header };
    return this.#current;
  }
}
