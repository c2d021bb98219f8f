// SPDX-License-Identifier: Apache-2.0

/** A line that is built of many small texts. */
export class LineParts {
  #parts: string[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Whether white space at this place would double what is there, or begin the line. */
  get endsInSpace(): boolean {
    const last = this.#parts.at(-1)?.at(-1);
    return last === undefined || last === ' ' || last === '\t' || last === '\n';
  }

  add(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** The line so far; begins a new one. */
  take(): string {
    const line = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
