// SPDX-License-Identifier: Apache-2.0

/** Bounds of what one file may cost. A breach ends the line, the entry or the file with a named reason; nothing is cut in silence. */
export interface ReadingLimits {
  /** A longer line of text, HTML or XML is cut at a character, so that memory stays flat. */
  readonly maxLineBytes: number;
  /** A longer row of CSV or line of JSONL is dropped. */
  readonly maxRowBytes: number;
  /** A quoted CSV cell over more lines is taken for a stray quote. */
  readonly maxRowLines: number;
  /** A row with more cells is dropped. */
  readonly maxRowCells: number;
  /** A longer heading is left out of the records that would repeat it. UTF-16 code units. */
  readonly maxColumnNameCharacters: number;
  /** Arrays and objects inside each other in one line of JSONL. */
  readonly maxJsonDepth: number;
  /** Elements inside each other in HTML, XML and Office parts. */
  readonly maxMarkupDepth: number;
  readonly maxFolderDepth: number;
  /** Archives, compressed files and mails inside each other. */
  readonly maxArchiveDepth: number;
  /** Entries of one file, counted through archives inside it. */
  readonly maxArchiveEntries: number;
  /** What one file may decompress to, at most this many times its own bytes ... */
  readonly maxExpansionRatio: number;
  /** ... but this many bytes always ... */
  readonly freeExpandedBytes: number;
  /** ... and never more than this. */
  readonly maxExpandedBytes: number;
  /** A mail, PDF, or archive inside an archive is held in memory whole; a larger one is refused. */
  readonly maxHeldBytes: number;
  /** Cells of one workbook. */
  readonly maxWorkbookCells: number;
  /** Shared strings of one workbook, held in memory. UTF-16 code units. */
  readonly maxSharedStringCharacters: number;
  /** One cell or paragraph of an Office file. UTF-16 code units. */
  readonly maxParagraphCharacters: number;
  readonly maxPdfPages: number;
  /** Without progress for so long, a PDF is given up. */
  readonly maxPdfStepMs: number;
  /** Memory of the thread that reads PDFs. */
  readonly maxPdfMemoryBytes: number;
}

const mebibyte = 1 << 20;

export const defaultReadingLimits: ReadingLimits = {
  maxLineBytes: mebibyte,
  maxRowBytes: 16 * mebibyte,
  maxRowLines: 200,
  maxRowCells: 100_000,
  maxColumnNameCharacters: 1_000,
  maxJsonDepth: 200,
  maxMarkupDepth: 1_000,
  maxFolderDepth: 100,
  maxArchiveDepth: 4,
  maxArchiveEntries: 100_000,
  maxExpansionRatio: 200,
  freeExpandedBytes: 256 * mebibyte,
  maxExpandedBytes: 65_536 * mebibyte,
  maxHeldBytes: 128 * mebibyte,
  maxWorkbookCells: 20_000_000,
  maxSharedStringCharacters: 64 * mebibyte,
  maxParagraphCharacters: 4 * mebibyte,
  maxPdfPages: 10_000,
  maxPdfStepMs: 60_000,
  maxPdfMemoryBytes: 1_024 * mebibyte,
};
