// SPDX-License-Identifier: Apache-2.0
import type { Content } from '../content.ts';
import { ExtractedText } from '../extracted-text.ts';
import type { ParsedRecord, ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';
import { cellFormats } from './cell-dates.ts';
import { mergedCells } from './merged-cells.ts';
import { OfficePackage, relationshipId } from './office-package.ts';
import { SheetRows, type Workbook } from './sheet-rows.ts';
import { SheetTable } from './sheet-table.ts';
import { workbookStrings } from './workbook-strings.ts';

/**
 * A workbook (ECMA-376 part 1, chapter 18), sheet by sheet in its order, hidden ones too. Values are those last calculated; errors, formulas,
 * readings, comments and charts are left out. Shared strings are held in memory, rows stream.
 */
export async function* readXlsx(content: Content, options: ReaderOptions): AsyncGenerator<ParsedRecord> {
  const file = await OfficePackage.open(content, options);
  const main = await file.mainPart();
  const related = await file.relationships(main);
  const partOf = (kind: string) => [...related.values()].find(({ type }) => type === kind)?.target;
  const sheets: { readonly name: string; readonly id: string }[] = [];
  let startsIn1904 = false;
  await file.readPart(main, {
    onOpen: (element, attributes) => {
      if (element === 'workbookPr') startsIn1904 = /^(1|true)$/.test(attributes.date1904 ?? '');
      const id = element === 'sheet' ? relationshipId(attributes) : undefined;
      if (id !== undefined) sheets.push({ name: attributes.name ?? '', id });
    },
  });
  const workbook: Workbook = {
    strings: await workbookStrings(file, partOf('sharedStrings'), options.limits),
    formats: await cellFormats(file, partOf('styles')),
    startsIn1904,
    limits: options.limits,
    cellCount: 0,
  };
  const text = new ExtractedText(options.maxDocumentCharacters);
  for (const { name, id } of sheets) {
    const relation = related.get(id);
    if (relation?.type === 'chartsheet') continue;
    const part = relation?.target ?? id;
    const merges = await mergedCells(file, part);
    const rows = new SheetRows(workbook, merges, (reason, _, line) =>
      options.onFault(reason, text.offset, line, { within: part }),
    );
    const table = new SheetTable({ name, part, merges }, text, options);
    try {
      for await (const _ of file.drivePart(part, rows, () => text.offset)) yield* table.add(rows.take());
      yield* table.add(rows.take());
    } catch (error) {
      if (error instanceof Refusal) yield* table.end();
      throw error;
    }
    yield* table.end();
  }
}
