// SPDX-License-Identifier: Apache-2.0
import { Parser } from 'htmlparser2';
import type { DecodedLine } from './decode-lines.ts';
import { DocumentPieces } from './document-pieces.ts';
import type { ParsedRecord, ParseOptions } from './parsed-record.ts';

const silent = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math',
  'iframe',
  'object',
  'select',
  'textarea',
]);
const blocks = new Set(
  'address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead title tr ul'.split(
    ' ',
  ),
);

/** The text a reader sees: blocks on lines of their own, table cells separated by tabs, scripts and styles left out. The file is one document. */
export async function* parseHtml(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  const pieces = new DocumentPieces(options.maxDocumentCharacters);
  const collector = new VisibleText();
  const parser = new Parser(collector, { decodeEntities: true });
  for await (const batch of batches) {
    for (const line of batch) parser.write(line.continues ? line.text : `${line.text}\n`);
    const text = collector.takeLines();
    if (pieces.isFullFor(text.length)) {
      const piece = pieces.take();
      if (piece) yield piece;
    }
    if (text !== '') pieces.add(text, batch[0]?.offset ?? 0);
  }
  parser.end();
  pieces.add(collector.takeAll(), 0);
  const last = pieces.take();
  if (last) yield last;
}

class VisibleText {
  #done: string[] = [];
  #line = '';
  #silentDepth = 0;
  #preDepth = 0;

  onopentag(name: string): void {
    if (silent.has(name)) this.#silentDepth += 1;
    if (name === 'pre') this.#preDepth += 1;
    if (name === 'br' || blocks.has(name)) this.#endLine();
    if ((name === 'td' || name === 'th') && this.#line !== '') this.#line += '\t';
  }

  onclosetag(name: string): void {
    if (silent.has(name)) this.#silentDepth = Math.max(0, this.#silentDepth - 1);
    if (name === 'pre') this.#preDepth = Math.max(0, this.#preDepth - 1);
    if (blocks.has(name)) this.#endLine();
  }

  ontext(text: string): void {
    if (this.#silentDepth > 0) return;
    if (this.#preDepth > 0) {
      const [first, ...others] = text.split('\n');
      this.#line += first;
      for (const line of others) {
        this.#endLine();
        this.#line = line;
      }
      return;
    }
    const flat = text.replace(/[\t\r\n\f ]+/g, (space) => (space.includes('\n') ? '\n' : ' '));
    this.#line += /(^|[ \t\n])$/.test(this.#line) ? flat.replace(/^[ \n]/, '') : flat;
  }

  /** Finished lines; the one being built stays. */
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
    const line = this.#line.replace(layoutBreak, '').replaceAll('\n', ' ').trimEnd();
    this.#line = '';
    if (line !== '') this.#done.push(`${line}\n`);
  }
}

/** A line break of the source between two Japanese characters, which a browser shows as nothing worth reading. */
const layoutBreak = /(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])/g;
