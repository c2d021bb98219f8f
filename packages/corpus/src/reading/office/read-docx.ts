// SPDX-License-Identifier: Apache-2.0
import type { Content } from '../content.ts';
import { ExtractedText } from '../extracted-text.ts';
import type { ParsedRecord, ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';
import { OfficePackage } from './office-package.ts';
import { ParagraphLines } from './paragraph-lines.ts';

/**
 * A word-processing document (ECMA-376 part 1, chapter 17) as one document: paragraphs as lines, table rows with tabs between their cells, then
 * footnotes and endnotes. Left out: deleted text of tracked changes, field codes, readings above kanji, comments, headers and footers.
 */
export async function* readDocx(content: Content, options: ReaderOptions): AsyncGenerator<ParsedRecord> {
  const document = await OfficePackage.open(content, options);
  const main = await document.mainPart();
  const text = new ExtractedText(options.maxDocumentCharacters);
  const notes = [...(await document.relationships(main)).values()]
    .filter(({ type }) => type === 'footnotes' || type === 'endnotes')
    .map(({ target }) => target);
  try {
    for (const part of [main, ...notes]) {
      const lines = new ParagraphLines({
        silent: wordSilent,
        limits: options.limits,
        onTooLong: () => options.onFault('paragraph-too-long', text.offset, 0, { within: part }),
      });
      for await (const _ of document.drivePart(part, lines, () => text.offset)) yield* text.add(lines.take());
      yield* text.add(lines.take());
    }
  } catch (error) {
    if (error instanceof Refusal) yield* text.end();
    throw error;
  }
  yield* text.end();
}

/** `Fallback` repeats what `Choice` beside it says for programs that do not know it. */
const wordSilent: ReadonlySet<string> = new Set([
  'del',
  'moveFrom',
  'rt',
  'Fallback',
  'pPr',
  'rPr',
  'sectPr',
  'instrText',
]);
