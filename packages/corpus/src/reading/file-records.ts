// SPDX-License-Identifier: Apache-2.0
import { parse as parseCsv } from 'csv-parse/sync';
import { Parser } from 'htmlparser2';
import * as z from 'zod';
import type { DecodedLine } from './decode-lines.ts';
import type { FileFault, FileFormat } from './file-outcome.ts';
import type { RecordContent } from './text-record.ts';

/** A record's content with the place where it begins. */
export interface PlacedContent {
  readonly content: RecordContent;
  readonly offset: number;
}

/** A longer text is handed over in pieces, cut at line ends, so that memory stays flat. */
const pieceCharacters = 1 << 20;

/** The records of one file, by its format. Lines that make no sense are dropped by name. */
export async function* fileRecords(
  format: FileFormat,
  lines: AsyncIterable<DecodedLine>,
  onFault: (fault: FileFault) => void,
): AsyncGenerator<PlacedContent> {
  if (format === 'jsonl') yield* jsonLines(lines, onFault);
  else if (format === 'csv') yield* csvRows(lines, onFault);
  else {
    for await (const piece of pieces(lines)) {
      const text = format === 'html' ? htmlText(piece.text) : piece.text;
      if (text.trim() !== '') yield { content: { kind: 'text', text }, offset: piece.offset };
    }
  }
}

async function* pieces(lines: AsyncIterable<DecodedLine>): AsyncGenerator<{ text: string; offset: number }> {
  let held: string[] = [];
  let length = 0;
  let offset = 0;
  for await (const line of lines) {
    if (held.length === 0) offset = line.offset;
    held.push(line.text);
    length += line.text.length + 1;
    if (length < pieceCharacters) continue;
    yield { text: held.join('\n'), offset };
    held = [];
    length = 0;
  }
  if (held.length > 0) yield { text: held.join('\n'), offset };
}

const jsonLineSchema = z.union([
  z.looseObject({ text: z.string() }),
  z.looseObject({
    messages: z
      .array(z.looseObject({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() }))
      .min(1),
  }),
]);

async function* jsonLines(
  lines: AsyncIterable<DecodedLine>,
  onFault: (fault: FileFault) => void,
): AsyncGenerator<PlacedContent> {
  for await (const line of lines) {
    if (line.text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line.text);
    } catch {
      onFault({ reason: 'json-malformed', offset: line.offset, line: line.line });
      continue;
    }
    const parsed = jsonLineSchema.safeParse(value);
    if (!parsed.success) {
      onFault({ reason: 'record-malformed', offset: line.offset, line: line.line });
      continue;
    }
    const { data } = parsed;
    const content: RecordContent =
      'messages' in data && Array.isArray(data.messages)
        ? { kind: 'chat', messages: data.messages.map(({ role, content: text }) => ({ role, content: text })) }
        : { kind: 'text', text: String((data as { text: string }).text) };
    yield { content, offset: line.offset };
  }
}

/** Each row becomes a line `column: value、column: value`; rows travel together up to a piece. */
async function* csvRows(
  lines: AsyncIterable<DecodedLine>,
  onFault: (fault: FileFault) => void,
): AsyncGenerator<PlacedContent> {
  let columns: readonly string[] | undefined;
  for await (const piece of pieces(lines)) {
    const rows: string[][] = [];
    parseCsv(piece.text, {
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_record: (row: string[]) => {
        rows.push(row);
        return null;
      },
      on_skip: (error) => {
        onFault({
          reason: 'csv-row-malformed',
          offset: piece.offset,
          line: Number((error as { lines?: number } | undefined)?.lines ?? 0),
        });
        return undefined;
      },
    });
    const names = columns ?? rows.shift() ?? [];
    columns = names;
    const text = rows
      .map((row) => row.map((cell, index) => `${names[index] ?? `列${index + 1}`}: ${cell}`).join('、'))
      .join('\n');
    if (text !== '') yield { content: { kind: 'text', text }, offset: piece.offset };
  }
}

const blockTags = new Set([
  'p',
  'div',
  'br',
  'li',
  'tr',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'table',
  'section',
  'article',
  'title',
  'pre',
]);

/** The text that a reader of the page sees; cells of a row are joined by tabs. */
function htmlText(html: string): string {
  let text = '';
  let hidden = 0;
  const parser = new Parser({
    onopentag(name) {
      if (name === 'script' || name === 'style') hidden += 1;
      if (blockTags.has(name) && !text.endsWith('\n')) text += '\n';
      if ((name === 'td' || name === 'th') && text !== '' && !text.endsWith('\n')) text += '\t';
    },
    ontext(value) {
      if (hidden === 0) text += value.replace(/\s+/g, ' ').replace(/^ $/, '');
    },
    onclosetag(name) {
      if (name === 'script' || name === 'style') hidden -= 1;
      if (blockTags.has(name) && !text.endsWith('\n')) text += '\n';
    },
  });
  parser.write(html);
  parser.end();
  return text.trim();
}
