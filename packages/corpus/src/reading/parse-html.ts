// SPDX-License-Identifier: Apache-2.0
import { Parser } from 'htmlparser2';
import type { DecodedLine } from './decode-lines.ts';
import { DocumentPieces } from './document-pieces.ts';
import type { FaultReason } from './file-outcome.ts';
import { LineParts } from './line-parts.ts';
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
  const collector = new VisibleText(options.limits.maxMarkupDepth);
  const parser = new Parser(collector, { decodeEntities: true });
  let offset = 0;
  reading: for await (const batch of batches) {
    offset = batch[0]?.offset ?? offset;
    for (const line of batch) {
      parser.write(collector.passing(line.continues ? line.text : `${line.text}\n`));
      if (collector.failure === undefined) continue;
      options.onFault(collector.failure, line.offset, line.number);
      break reading;
    }
    const text = collector.takeLines();
    if (pieces.isFullFor(text.length)) {
      const piece = pieces.take();
      if (piece) yield piece;
    }
    if (text !== '') pieces.add(text, offset);
  }
  if (collector.failure === undefined) parser.end();
  pieces.add(collector.takeAll(), offset);
  const last = pieces.take();
  if (last) yield last;
}

/** The visible text of an HTML document that is at hand whole, up to where it fails. */
export function htmlText(html: string, maxDepth: number): { text: string; failure: FaultReason | undefined } {
  const collector = new VisibleText(maxDepth);
  const parser = new Parser(collector, { decodeEntities: true });
  for (let at = 0; at < html.length && collector.failure === undefined; at += writtenAtOnce) {
    parser.write(collector.passing(html.slice(at, at + writtenAtOnce)));
  }
  if (collector.failure === undefined) parser.end();
  return { text: collector.takeAll().trimEnd(), failure: collector.failure };
}

const writtenAtOnce = 1 << 16;
/** One tag or comment is held in memory up to this length. UTF-16 code units. */
const longestTag = 1 << 24;
/** Of text without any block a line is given out in pieces of this length. */
const longestLine = 1 << 16;

class VisibleText {
  #done: string[] = [];
  readonly #line = new LineParts();
  #silentDepth = 0;
  #preDepth = 0;
  #depth = 0;
  #sinceEvent = 0;
  readonly #maxDepth: number;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** Why what follows is not to be relied on. */
  get failure(): FaultReason | undefined {
    if (this.#depth > this.#maxDepth) return 'markup-too-deep';
    return this.#sinceEvent > longestTag ? 'paragraph-too-long' : undefined;
  }

  /** Counts what is about to be parsed. */
  passing(text: string): string {
    this.#sinceEvent += text.length;
    return text;
  }

  oncomment(): void {
    this.#sinceEvent = 0;
  }

  onopentag(name: string): void {
    this.#sinceEvent = 0;
    this.#depth += 1;
    if (silent.has(name)) this.#silentDepth += 1;
    if (name === 'pre') this.#preDepth += 1;
    if (name === 'br' || blocks.has(name)) this.#endLine();
    if ((name === 'td' || name === 'th') && this.#line.length > 0) this.#line.add('\t');
  }

  onclosetag(name: string): void {
    this.#sinceEvent = 0;
    // Closing what was open when it got too deep does not make it sound again.
    if (this.failure === undefined) this.#depth -= 1;
    if (silent.has(name)) this.#silentDepth = Math.max(0, this.#silentDepth - 1);
    if (name === 'pre') this.#preDepth = Math.max(0, this.#preDepth - 1);
    if (blocks.has(name)) this.#endLine();
  }

  ontext(text: string): void {
    this.#sinceEvent = 0;
    if (this.#silentDepth > 0 || this.failure !== undefined) return;
    if (this.#line.length > longestLine) {
      this.#done.push(this.#line.take().replace(layoutBreak, '').replaceAll('\n', ' '));
    }
    if (this.#preDepth > 0) {
      const [first, ...others] = text.split('\n');
      this.#line.add(first ?? '');
      for (const line of others) {
        this.#endLine();
        this.#line.add(line);
      }
      return;
    }
    const flat = text.replace(/[\t\r\n\f ]+/g, (space) => (space.includes('\n') ? '\n' : ' '));
    this.#line.add(this.#line.endsInSpace ? flat.replace(/^[ \n]/, '') : flat);
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
    const line = this.#line.take().replace(layoutBreak, '').replaceAll('\n', ' ').trimEnd();
    if (line !== '') this.#done.push(`${line}\n`);
  }
}

/** A line break of the source between two Japanese characters, which a browser shows as nothing worth reading. */
const layoutBreak = /(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])/g;
