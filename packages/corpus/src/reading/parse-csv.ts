// SPDX-License-Identifier: Apache-2.0
import { type CsvRow, CsvRows } from './csv-rows.ts';
import type { DecodedLine } from './decode-lines.ts';
import type { ParsedRecord, ParseOptions } from './parsed-record.ts';
import { rowText } from './row-text.ts';

/** One record a row, as lines `column: value` without the empty cells. The first row names the columns; comma, tab or semicolon separates. */
export function parseCsv(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  return parseRows(batches, new CsvRows(options), options);
}

/** As {@link parseCsv}, tabs alone separate. */
export function parseTsv(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  return parseRows(batches, new CsvRows(options, '\t'), options);
}

async function* parseRows(
  batches: AsyncIterable<readonly DecodedLine[]>,
  rows: CsvRows,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  let columns: readonly string[] | undefined;
  for await (const batch of withEnd(batches)) {
    let ready = batch === 'end' ? rows.finish() : rows.add(batch);
    ready = ready.filter((row) => {
      const tooMany = rows.hasTooManyCells(row);
      if (tooMany) options.onFault('csv-too-many-cells', row.offset, row.line);
      return !tooMany;
    });
    if (columns === undefined && ready.length > 0) {
      columns = columnNames(ready[0]!, rows, options);
      ready = ready.slice(1);
    }
    const cells = rows.cells(ready);
    for (const [index, row] of ready.entries()) {
      const values = cells[index];
      if (values === undefined) options.onFault('csv-row-malformed', row.offset, row.line);
      else if (values.slice(columns?.length).some((cell) => cell.trim() !== '')) {
        options.onFault('csv-too-many-cells', row.offset, row.line);
      } else {
        const text = rowText(columns ?? [], values);
        if (text !== '') yield { content: { kind: 'text', text }, offset: row.offset, part: 0 };
      }
    }
  }
}

function columnNames(heading: CsvRow, rows: CsvRows, { limits, onFault }: ParseOptions): readonly string[] {
  const names = rows.cells([heading])[0] ?? [];
  return names.map((name) => {
    if (name.length <= limits.maxColumnNameCharacters) return name;
    onFault('column-name-too-long', heading.offset, heading.line);
    return '';
  });
}

async function* withEnd<T>(batches: AsyncIterable<T>): AsyncGenerator<T | 'end'> {
  yield* batches;
  yield 'end';
}
