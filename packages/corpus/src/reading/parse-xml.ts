// SPDX-License-Identifier: Apache-2.0
import type { DecodedLine } from './decode-lines.ts';
import { DocumentPieces } from './document-pieces.ts';
import { LineParts } from './line-parts.ts';
import type { ParsedRecord, ParseOptions } from './parsed-record.ts';
import { XmlEvents } from './xml-events.ts';

/**
 * The text of the elements, in their order; attributes and comments are left out. Each element stands on lines of its own, unless it lies inside
 * running text. Document types are passed over: no entity is fetched or expanded, and one that is not of XML's own five is named and left as it is.
 */
export async function* parseXml(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  const pieces = new DocumentPieces(options.maxDocumentCharacters);
  const text = new ElementText();
  let offset = 0;
  let line = 0;
  const events = new XmlEvents({
    maxDepth: options.limits.maxMarkupDepth,
    onOpen: () => text.open(),
    onClose: () => text.close(),
    onText: (characters) => text.add(characters),
    onUnknownEntity: () => options.onFault('entity-unknown', offset, line),
  });
  reading: for await (const batch of batches) {
    const batchOffset = batch[0]?.offset ?? offset;
    for (const part of batch) {
      ({ offset, number: line } = part);
      events.write(part.continues ? part.text : `${part.text}\n`);
      if (events.failure === undefined) continue;
      options.onFault(events.failure, offset, line);
      break reading;
    }
    const done = text.takeLines();
    if (pieces.isFullFor(done.length)) {
      const piece = pieces.take();
      if (piece) yield piece;
    }
    if (done !== '') pieces.add(done, batchOffset);
  }
  if (events.failure === undefined) {
    events.end();
    if (events.failure !== undefined) options.onFault(events.failure, offset, line);
  }
  pieces.add(text.takeAll(), offset);
  const last = pieces.take();
  if (last) yield last;
}

const longestLine = 1 << 16;

class ElementText {
  #done: string[] = [];
  readonly #line = new LineParts();
  /** For each open element whether it has text of its own before its next child. */
  #hasText: boolean[] = [false];

  open(): void {
    if (!this.#hasText.at(-1)) this.#endLine();
    this.#hasText.push(false);
  }

  close(): void {
    this.#hasText.pop();
    if (!this.#hasText.at(-1)) this.#endLine();
  }

  add(characters: string): void {
    const flat = characters.replace(/[ \t\r\n]+/g, (space) => (space.includes('\n') ? '\n' : ' '));
    if (flat.trim() !== '') this.#hasText[this.#hasText.length - 1] = true;
    if (this.#line.length > longestLine) {
      this.#done.push(this.#line.take());
    }
    this.#line.add(this.#line.endsInSpace ? flat.replace(/^[ \n]/, '') : flat);
  }

  takeLines(): string {
    const text = this.#done.join('');
    this.#done = [];
    return text;
  }

  takeAll(): string {
    this.#endLine();
    return this.takeLines();
  }

  #endLine(): void {
    const line = this.#line.take().trimEnd();
    if (line !== '') this.#done.push(`${line}\n`);
  }
}
