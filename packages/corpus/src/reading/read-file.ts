// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileContent } from './content.ts';
import { errorCode } from './error-code.ts';
import { ExpansionBudget } from './expansion-budget.ts';
import { type FileFormat, formatOf } from './file-formats.ts';
import type { FileOutcome } from './file-outcome.ts';
import { type ContentItem, type ReadingContext, readContent } from './read-content.ts';
import { Tally } from './tally.ts';

export interface FileToRead {
  /** Path inside the folder, with `/`. */
  readonly path: string;
  readonly absolutePath: string;
  readonly bytes: number;
  readonly format: FileFormat;
  /** Last change in milliseconds since 1970, with a fraction where the file system has it; number of the file in its file system. */
  readonly modifiedAtMs: number;
  readonly inode: string;
}

/** Reads one file of a folder: its records first, then what became of it. Throws only when aborted. */
export async function* readFile(
  file: FileToRead,
  context: ReadingContext,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<ContentItem, FileOutcome> {
  const { path, bytes } = file;
  const tally = new Tally(path, formatOf(path) ?? null, bytes);
  let handle: FileHandle;
  try {
    handle = await open(file.absolutePath, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return tally.refused('unreadable', errorCode(error));
  }
  let bytesRead = 0;
  try {
    // As it is now, not as it was listed.
    const { size } = await handle.stat();
    if (size === 0) return tally.refused('empty-file');
    const content = fileContent(handle, size, {
      signal: context.signal,
      onBytes: (more) => {
        bytesRead += more;
        onBytes?.(more);
      },
    });
    const budget = new ExpansionBudget(size, context.limits);
    return yield* readContent({ path, bytes, content, budget, depth: 0, bytesRead: () => bytesRead }, context);
  } finally {
    await handle.close();
  }
}
