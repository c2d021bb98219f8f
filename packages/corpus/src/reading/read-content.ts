// SPDX-License-Identifier: Apache-2.0
import { Sealed } from '@kiban/core';
import { gunzipped } from './archive/gunzip.ts';
import { readZip } from './archive/read-zip.ts';
import type { Content } from './content.ts';
import type { SourceDecoding } from './decoding-port.ts';
import { errorCode } from './error-code.ts';
import type { ExpansionBudget } from './expansion-budget.ts';
import { type FileFormat, formatOf } from './file-formats.ts';
import type { FileOutcome } from './file-outcome.ts';
import { readMail } from './mail/read-mail.ts';
import { readDocx } from './office/read-docx.ts';
import { readPptx } from './office/read-pptx.ts';
import { readXlsx } from './office/read-xlsx.ts';
import { parseCsv, parseTsv } from './parse-csv.ts';
import { parseHtml } from './parse-html.ts';
import { parseJsonl } from './parse-jsonl.ts';
import { parseText } from './parse-text.ts';
import { parseXml } from './parse-xml.ts';
import type { ContentReader, LineParser, NestedFile, ParsedRecord, ReaderOptions } from './parsed-record.ts';
import type { PdfThread } from './pdf/pdf-thread.ts';
import { readPdf } from './pdf/read-pdf.ts';
import type { PrivateUseTable } from './private-use-table.ts';
import { readLines } from './read-lines.ts';
import type { ReadingLimits } from './reading-limits.ts';
import { Refusal } from './refusal.ts';
import { Tally } from './tally.ts';
import { recordId, type TextEncoding, type TextRecord } from './text-record.ts';

export type ContentItem =
  | { readonly kind: 'record'; readonly record: TextRecord }
  /** One file inside another, after its last record; the file around it follows as `file`. */
  | { readonly kind: 'entry'; readonly outcome: FileOutcome };

export type ReadItem =
  | ContentItem
  /** A file of the folder, after its last record. Its counts include those of its entries. */
  | { readonly kind: 'file'; readonly outcome: FileOutcome };

/** What is the same for all files of one reading. */
export interface ReadingContext {
  readonly source: string;
  readonly encoding: TextEncoding | undefined;
  readonly decoding: SourceDecoding | undefined;
  readonly privateUse: PrivateUseTable;
  readonly maxDocumentCharacters: number;
  readonly limits: ReadingLimits;
  readonly pdf: PdfThread;
  readonly signal: AbortSignal | undefined;
}

export interface ContentToRead {
  readonly path: string;
  readonly bytes: number;
  readonly content: Content;
  readonly budget: ExpansionBudget;
  /** How many files this one lies in. */
  readonly depth: number;
  /** Bytes of the outermost file read so far: where the disk failed, if it does. */
  readonly bytesRead: () => number;
}

const lineParsers: Partial<Readonly<Record<FileFormat, LineParser>>> = {
  text: parseText,
  jsonl: parseJsonl,
  csv: parseCsv,
  tsv: parseTsv,
  html: parseHtml,
  xml: parseXml,
};
const structured: ReadonlySet<FileFormat> = new Set(['jsonl', 'csv', 'tsv']);
const declaring: ReadonlySet<FileFormat> = new Set(['html', 'xml']);
const readers: Partial<Readonly<Record<FileFormat, ContentReader>>> = {
  eml: readMail,
  docx: readDocx,
  xlsx: readXlsx,
  pptx: readPptx,
  pdf: readPdf,
  zip: readZip,
};

/**
 * Reads one file, and the files in it: their records and entry outcomes first, then what became of it. Throws only the signal's reason.
 */
export async function* readContent(
  file: ContentToRead,
  context: ReadingContext,
): AsyncGenerator<ContentItem, FileOutcome> {
  const { content, format, refusal } = unwrapped(file, context.limits);
  const tally = new Tally(file.path, format ?? null, file.bytes);
  if (refusal !== undefined) return tally.refused(refusal.reason, refusal.detail);
  const { limits, maxDocumentCharacters, pdf, encoding, decoding } = context;
  const options: ReaderOptions = {
    maxDocumentCharacters,
    limits,
    pdf,
    budget: file.budget,
    onFault: (reason, offset, line, place) => tally.fault(reason, offset, line, place),
  };
  const parser = lineParsers[format!];
  const steps: AsyncGenerator<ParsedRecord | NestedFile> = parser
    ? readLines(
        content,
        {
          parser,
          isStructured: structured.has(format!),
          declares: declaring.has(format!),
          encoding,
          decoding,
          onEncoding: (found) => {
            tally.encoding = found;
          },
        },
        options,
      )
    : readers[format!]!(content, options);
  try {
    for await (const step of steps) {
      context.signal?.throwIfAborted();
      if ('name' in step) {
        const outcome = yield* readNested(step, file, context);
        tally.entry(outcome, step.name, step.offset);
        yield { kind: 'entry', outcome };
      } else yield { kind: 'record', record: recordOf(step, file.path, tally, context) };
    }
    return tally.finished();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'read') {
      if (!tally.hasCounted) return tally.refused('unreadable', errorCode(error));
      tally.fault('read-failed', file.bytesRead(), 0);
      return tally.finished(errorCode(error));
    }
    if (!(error instanceof Refusal)) throw error;
    if (!tally.hasCounted) return tally.refused(error.reason, error.detail);
    tally.fault('cut-short', 0, 0, { refusal: error.reason });
    return tally.finished(error.detail);
  }
}

interface Unwrapped {
  readonly content: Content;
  readonly format: FileFormat | undefined;
  readonly refusal?: Refusal;
}

/** A compressed file counts as the file that it holds: `a.csv.gz` is read as `a.csv`. */
function unwrapped({ path, content, budget, depth }: ContentToRead, limits: ReadingLimits): Unwrapped {
  let inner = content;
  let name = path;
  let level = depth;
  let format = formatOf(name);
  for (; format === 'gzip'; format = formatOf(name)) {
    name = name.slice(0, -'.gz'.length);
    inner = gunzipped(inner, budget);
    level += 1;
  }
  if (level > limits.maxArchiveDepth) return { content, format, refusal: new Refusal('nested-too-deep') };
  if (format !== undefined) return { content: inner, format };
  return { content, format, refusal: new Refusal('unsupported-format', extensionOf(name)) };
}

function extensionOf(name: string): string | null {
  return /\.[^./\\]{1,16}$/.exec(name)?.[0] ?? null;
}

async function* readNested(
  nested: NestedFile,
  around: ContentToRead,
  context: ReadingContext,
): AsyncGenerator<ContentItem, FileOutcome> {
  const path = `${around.path}!${nested.name}`;
  const { content, bytes } = nested;
  if (content instanceof Refusal) {
    return new Tally(path, formatOf(nested.name) ?? null, bytes).refused(content.reason, content.detail);
  }
  return yield* readContent({ ...around, path, bytes, content, depth: around.depth + 1 }, context);
}

function recordOf(
  { content: parsed, offset, part }: ParsedRecord,
  path: string,
  tally: Tally,
  { source, privateUse }: ReadingContext,
): TextRecord {
  const { content, mapped, unmapped } = privateUse.apply(parsed);
  tally.privateUse(mapped, unmapped);
  tally.record(content);
  return {
    id: recordId(source, path, offset),
    source,
    path,
    content: new Sealed(content),
    encoding: tally.encoding,
    offset,
    part,
  };
}
