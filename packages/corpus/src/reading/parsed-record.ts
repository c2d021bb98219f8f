// SPDX-License-Identifier: Apache-2.0
import type { DecodedLine, FaultListener } from './decode-lines.ts';
import type { RecordContent } from './text-record.ts';

/** What a format makes of decoded lines. `offset` is where it begins in the file, `part` counts the pieces of one long document. */
export interface ParsedRecord {
  readonly content: RecordContent;
  readonly offset: number;
  readonly part: number;
}

export interface ParseOptions {
  /** A document longer than this is handed over in pieces. UTF-16 code units. */
  readonly maxDocumentCharacters: number;
  readonly onFault: FaultListener;
}

/** Turns a file's lines into records. May be called again for another file; keeps no state between. */
export type FormatParser = (
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
) => AsyncGenerator<ParsedRecord>;
