// SPDX-License-Identifier: Apache-2.0
import { DocumentPieces } from './document-pieces.ts';
import type { ParsedRecord } from './parsed-record.ts';

/** Text taken out of a format that has no byte places of its own: places are counted in the UTF-8 text taken so far. */
export class ExtractedText {
  readonly #maxDocumentCharacters: number;
  #pieces: DocumentPieces;
  #offset = 0;

  constructor(maxDocumentCharacters: number) {
    this.#maxDocumentCharacters = maxDocumentCharacters;
    this.#pieces = new DocumentPieces(maxDocumentCharacters);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Goes on with the document; gives out a piece when there is no room. */
  *add(text: string): Generator<ParsedRecord> {
    if (this.#pieces.isFullFor(text.length)) yield* this.end();
    this.#pieces.add(text, this.#offset);
    this.#offset += Buffer.byteLength(text);
  }

  *end(): Generator<ParsedRecord> {
    const piece = this.#pieces.take();
    if (piece) yield piece;
  }

  /** What follows is another document of the same file. */
  *endDocument(): Generator<ParsedRecord> {
    yield* this.end();
    this.#pieces = new DocumentPieces(this.#maxDocumentCharacters);
  }

  /** A record of its own. */
  record(text: string): ParsedRecord {
    const record: ParsedRecord = { content: { kind: 'text', text }, offset: this.#offset, part: 0 };
    this.#offset += Buffer.byteLength(text) + 1;
    return record;
  }
}
