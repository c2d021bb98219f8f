// SPDX-License-Identifier: Apache-2.0
import type { SourceDecoding } from './decoding-port.ts';
import type { FileOutcome } from './file-outcome.ts';
import { scanFolder } from './list-folder.ts';
import { PdfThread } from './pdf/pdf-thread.ts';
import { PrivateUseTable } from './private-use-table.ts';
import type { ContentItem, ReadItem, ReadingContext } from './read-content.ts';
import { type FileToRead, readFile } from './read-file.ts';
import { defaultReadingLimits, type ReadingLimits } from './reading-limits.ts';
import type { TextEncoding } from './text-record.ts';

export interface ReadOptions {
  /** Name of the data set, which record ids are made from. */
  readonly source: string;
  /** Encoding of legacy files whose bytes fit Shift_JIS and EUC-JP alike. */
  readonly encoding?: TextEncoding | undefined;
  /** How text files of this source are decoded, in place of the encodings known here: mainframe text. Office files, PDF and mail are not affected. */
  readonly decoding?: SourceDecoding | undefined;
  /** What company characters of this source stand for; without it they are counted and kept. */
  readonly privateUse?: PrivateUseTable | undefined;
  /** A longer document is handed over in pieces, cut at line ends. UTF-16 code units, default 262,144. */
  readonly maxDocumentCharacters?: number | undefined;
  readonly limits?: Partial<ReadingLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets the bytes read since its last call; over all files they add up to `bytesTotal` of the listing. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Reads all documents below a folder in the order of their paths, a piece at a time: memory grows with neither the size of files nor their
 * number of records. Each file, and each file in one, ends with one outcome, and one that cannot be used never ends the reading.
 * @throws KibanError `folder-not-found` (404), `folder-unreadable` (403), `folder-empty` (422); the signal's reason when aborted
 */
export async function* readFolder(folder: string, options: ReadOptions): AsyncGenerator<ReadItem> {
  const { signal, onBytes } = options;
  const context = readingContext(options);
  try {
    for (const entry of await scanFolder(folder, context.limits)) {
      signal?.throwIfAborted();
      if (entry.kind === 'refused') {
        if (entry.outcome.bytes > 0) onBytes?.(entry.outcome.bytes);
        yield { kind: 'file', outcome: entry.outcome };
      } else yield { kind: 'file', outcome: yield* readListed(entry.file, context, onBytes) };
    }
  } finally {
    await context.pdf.stop();
  }
}

/** What the files of one reading share. Its `pdf` must be stopped. */
export function readingContext(options: ReadOptions): ReadingContext {
  const { source, encoding, decoding, signal } = options;
  const limits = { ...defaultReadingLimits, ...options.limits };
  return {
    source,
    encoding,
    decoding,
    privateUse: options.privateUse ?? PrivateUseTable.empty,
    maxDocumentCharacters: options.maxDocumentCharacters ?? 1 << 18,
    limits,
    pdf: new PdfThread(limits),
    signal,
  };
}

/** Reads a file so that `onBytes` adds up to its size as listed: a file that grows meanwhile, or whose reader jumps about, counts no more and no less. */
export async function* readListed(
  file: FileToRead,
  context: ReadingContext,
  onBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<ContentItem, FileOutcome> {
  let left = file.bytes;
  const outcome = yield* readFile(file, context, (bytes) => {
    const counted = Math.min(bytes, left);
    left -= counted;
    if (counted > 0) onBytes?.(counted);
  });
  if (left > 0) onBytes?.(left);
  return outcome;
}
