// SPDX-License-Identifier: Apache-2.0
import type { Content } from './content.ts';
import type { DecodedLine } from './decode-lines.ts';
import type { ExpansionBudget } from './expansion-budget.ts';
import type { FaultListener } from './fault-listener.ts';
import type { PdfThread } from './pdf/pdf-thread.ts';
import type { ReadingLimits } from './reading-limits.ts';
import type { Refusal } from './refusal.ts';
import type { RecordContent } from './text-record.ts';

/** What a format makes of a file. `offset` is where it begins in the file, `part` counts the pieces of one long document. */
export interface ParsedRecord {
  readonly content: RecordContent;
  readonly offset: number;
  readonly part: number;
}

/** A file inside a file: an entry of an archive, an attachment of a mail. */
export interface NestedFile {
  readonly name: string;
  /** Where it lies in the file around it. */
  readonly offset: number;
  readonly bytes: number;
  readonly content: Content | Refusal;
}

export interface ParseOptions {
  /** A document longer than this is handed over in pieces. UTF-16 code units. */
  readonly maxDocumentCharacters: number;
  readonly limits: ReadingLimits;
  readonly onFault: FaultListener;
}

/** Turns a file's lines into records. May be called again for another file; keeps no state between. */
export type LineParser = (
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
) => AsyncGenerator<ParsedRecord>;

export interface ReaderOptions extends ParseOptions {
  readonly budget: ExpansionBudget;
  readonly pdf: PdfThread;
}

/** Turns the bytes of a file into records, and hands over the files inside it. Throws {@link Refusal} when it cannot go on. */
export type ContentReader = (content: Content, options: ReaderOptions) => AsyncGenerator<ParsedRecord | NestedFile>;
