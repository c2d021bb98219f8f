// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock, Sha256Digest } from '@kiban/core';
import type { FileOutcome } from './file-outcome.ts';
import { type KnownFile, type KnownFiles, readingSettings, standingOf } from './known-file.ts';
import { scanFolder } from './list-folder.ts';
import type { ContentItem } from './read-content.ts';
import type { FileToRead } from './read-file.ts';
import { type ReadOptions, readingContext, readListed } from './read-folder.ts';

export interface ReadChangedOptions extends ReadOptions {
  readonly known: KnownFiles;
  readonly clock: Clock;
}

export type ChangeItem =
  /** Its stored records are still what it holds. `known` is to be stored again: a touched file has a new time. */
  | { readonly kind: 'unchanged'; readonly known: KnownFile }
  /** What is stored of this path is of no use any more: new records follow, if any. */
  | { readonly kind: 'changed'; readonly path: string }
  | ContentItem
  /** After its last record. Null where it has to be looked at again next time: it could not be read, or changed while it was. */
  | { readonly kind: 'file'; readonly outcome: FileOutcome; readonly known: KnownFile | null }
  /** Known, and no longer in the folder. */
  | { readonly kind: 'removed'; readonly path: string };

/**
 * Reads what changed in a folder since it was last read with the same settings; of the rest it says that it is unchanged. Whoever stores the records of a
 * file stores its `known` with them, in one transaction, so that a reading that is killed is taken up where it was.
 * @throws as `readFolder`
 */
export async function* readChangedFiles(folder: string, options: ReadChangedOptions): AsyncGenerator<ChangeItem> {
  const { known: knownFiles, clock, signal, onBytes } = options;
  const context = readingContext(options);
  const settings = readingSettings(context);
  const present = new Set<string>();
  try {
    for (const entry of await scanFolder(folder, context.limits)) {
      signal?.throwIfAborted();
      if (entry.kind === 'refused') {
        if (entry.outcome.bytes > 0) onBytes?.(entry.outcome.bytes);
        yield { kind: 'file', outcome: entry.outcome, known: null };
        continue;
      }
      const { file } = entry;
      present.add(file.path);
      const known = await knownFiles.get(file.path);
      const checkedAtMs = clock.nowMs();
      const standing = standingOf(file, known, settings);
      const digest = standing === 'unchanged' ? known!.digest : await digestOf(file, signal);
      if (known !== undefined && standing !== 'changed' && digest === known.digest) {
        onBytes?.(file.bytes);
        const { modifiedAtMs, inode } = file;
        yield { kind: 'unchanged', known: { ...known, modifiedAtMs, inode, checkedAtMs } };
        continue;
      }
      yield { kind: 'changed', path: file.path };
      const outcome = yield* readListed(file, context, onBytes);
      const isSettled = digest !== undefined && outcome.reason !== 'unreadable' && (await isAsListed(file));
      const { path, bytes, modifiedAtMs, inode } = file;
      const found = isSettled ? { path, bytes, modifiedAtMs, inode, checkedAtMs, digest, settings, outcome } : null;
      yield { kind: 'file', outcome, known: found };
    }
    for await (const path of knownFiles.paths()) if (!present.has(path)) yield { kind: 'removed', path };
  } finally {
    await context.pdf.stop();
  }
}

/** Undefined when it cannot be read; reading it then tells why. */
async function digestOf(file: FileToRead, signal: AbortSignal | undefined): Promise<Sha256Digest | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file.absolutePath, { highWaterMark: 1 << 18 })) {
      signal?.throwIfAborted();
      hash.update(chunk);
    }
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
  return hash.digest('hex') as Sha256Digest;
}

async function isAsListed(file: FileToRead): Promise<boolean> {
  try {
    const { size, mtimeMs, dev, ino } = await stat(file.absolutePath);
    return size === file.bytes && mtimeMs === file.modifiedAtMs && `${dev}:${ino}` === file.inode;
  } catch {
    return false;
  }
}
