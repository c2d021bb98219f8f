// SPDX-License-Identifier: Apache-2.0
import type { ParsedRecord } from './parsed-record.ts';

/** Gathers the text of one document and gives it out in pieces of bounded length. A piece of white space alone is not given out. */
export class DocumentPieces {
  readonly #maxCharacters: number;
  #texts: string[] = [];
  #characters = 0;
  #offset = 0;
  #part = 0;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  /** Whether text of this length should wait until {@link take} has made room. */
  isFullFor(characters: number): boolean {
    return this.#characters > 0 && this.#characters + characters > this.#maxCharacters;
  }

  add(text: string, offset: number): void {
    if (this.#characters === 0) this.#offset = offset;
    this.#texts.push(text);
    this.#characters += text.length;
  }

  take(): ParsedRecord | undefined {
    const text = this.#texts.join('').trimEnd();
    this.#texts = [];
    this.#characters = 0;
    if (text === '') return undefined;
    const record: ParsedRecord = { content: { kind: 'text', text }, offset: this.#offset, part: this.#part };
    this.#part += 1;
    return record;
  }
}
