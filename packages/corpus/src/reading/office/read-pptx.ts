// SPDX-License-Identifier: Apache-2.0
import type { Content } from '../content.ts';
import { ExtractedText } from '../extracted-text.ts';
import type { ParsedRecord, ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';
import { OfficePackage, relationshipId } from './office-package.ts';
import { ParagraphLines } from './paragraph-lines.ts';

/**
 * A presentation (ECMA-376 part 1, chapter 19) as one document: its slides in the order they are shown, each followed by its notes and a blank
 * line. Hidden slides are read; slide numbers, masters, charts and diagrams are not.
 */
export async function* readPptx(content: Content, options: ReaderOptions): AsyncGenerator<ParsedRecord> {
  const presentation = await OfficePackage.open(content, options);
  const main = await presentation.mainPart();
  const text = new ExtractedText(options.maxDocumentCharacters);
  const related = await presentation.relationships(main);
  const slideIds: string[] = [];
  await presentation.readPart(main, {
    onOpen: (name, attributes) => {
      const id = name === 'sldId' ? relationshipId(attributes) : undefined;
      if (id !== undefined) slideIds.push(id);
    },
  });
  try {
    for (const id of slideIds) {
      const slide = related.get(id)?.target ?? id;
      const beside = await presentation.relationships(slide);
      const notes = [...beside.values()].filter(({ type }) => type === 'notesSlide').map(({ target }) => target);
      const before = text.offset;
      for (const part of [slide, ...notes]) {
        const lines = new ParagraphLines({
          silent: slideSilent,
          limits: options.limits,
          onTooLong: () => options.onFault('paragraph-too-long', text.offset, 0, { within: part }),
        });
        for await (const _ of presentation.drivePart(part, lines, () => text.offset)) yield* text.add(lines.take());
        yield* text.add(lines.take());
      }
      if (text.offset > before) yield* text.add('\n');
    }
  } catch (error) {
    if (error instanceof Refusal) yield* text.end();
    throw error;
  }
  yield* text.end();
}

const slideSilent: ReadonlySet<string> = new Set(['Fallback', 'pPr', 'rPr', 'endParaRPr']);
