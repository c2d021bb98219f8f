// SPDX-License-Identifier: Apache-2.0
import type { FileOutcome } from './file-outcome.ts';
import { scanFolder } from './list-folder.ts';
import { readFile } from './read-file.ts';
import type { TextEncoding, TextRecord } from './text-record.ts';

export type ReadItem =
  | { readonly kind: 'record'; readonly record: TextRecord }
  /** After the file's last record. */
  | { readonly kind: 'file'; readonly outcome: FileOutcome };

export interface ReadOptions {
  /** Name of the data set, which record ids are made from. */
  readonly source: string;
  /** Encoding of legacy files whose bytes fit Shift_JIS and EUC-JP alike. */
  readonly encoding?: TextEncoding | undefined;
  /** A longer document is handed over in pieces, cut at line ends. UTF-16 code units, default 262,144. */
  readonly maxDocumentCharacters?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets the bytes read since its last call; over all files they add up to `bytesTotal` of the listing. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Reads all documents below a folder in the order of their paths, a piece at a time: memory grows with neither the size of files nor their
 * number of records. Each file ends with one outcome, and a file that cannot be used never ends the reading.
 * @throws KibanError `folder-not-found` (404), `folder-unreadable` (403), `folder-empty` (422); the signal's reason when aborted
 */
export async function* readFolder(folder: string, options: ReadOptions): AsyncGenerator<ReadItem> {
  const { source, maxDocumentCharacters = 1 << 18, encoding, signal, onBytes } = options;
  for (const entry of await scanFolder(folder)) {
    signal?.throwIfAborted();
    if (entry.kind === 'refused') {
      if (entry.outcome.bytes > 0) onBytes?.(entry.outcome.bytes);
      yield { kind: 'file', outcome: entry.outcome };
      continue;
    }
    let left = entry.file.bytes;
    const settings = {
      source,
      maxDocumentCharacters,
      encoding,
      signal,
      onBytes: (bytes: number) => {
        // A file that grows meanwhile is read to its end, but counted as it was listed.
        const counted = Math.min(bytes, left);
        left -= counted;
        if (counted > 0) onBytes?.(counted);
      },
    };
    const reading = readFile(entry.file, settings);
    let outcome: FileOutcome;
    try {
      let step = await reading.next();
      for (; !step.done; step = await reading.next()) yield { kind: 'record', record: step.value };
      outcome = step.value;
    } finally {
      // Closes the file when the reader stops early.
      await reading.return(undefined as never);
    }
    if (left > 0) onBytes?.(left);
    yield { kind: 'file', outcome };
  }
}
