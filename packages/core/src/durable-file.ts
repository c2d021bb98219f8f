// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KibanError } from './kiban-error.ts';

/**
 * Writes a file so that after a crash the old or the new content is there, whole: temp file beside it, fdatasync, rename, fsync of the
 * folder. Chunks are written as they come, so memory stays flat. A left-over `*.tmp` may be deleted at start.
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx', options.mode ?? 0o644);
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
    else for await (const chunk of content) await file.appendFile(chunk);
    await file.datasync();
    await file.close();
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw asDiskProblem(error, path);
  }
}

/** Makes renames and deletions inside a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** ENOSPC and EDQUOT become `disk-full` (507); everything else is returned as it is. */
export function asDiskProblem(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new KibanError({
    code: 'disk-full',
    status: 507,
    title: { ja: 'ディスクの空きがありません', en: 'The disk is full' },
    detail: {
      ja: `${path} を書き込めませんでした。空きを作ってから、もう一度実行してください。途中の書き込みは残っていません。`,
      en: `${path} could not be written. Free some space and try again; nothing half-written was left behind.`,
    },
    retryable: true,
    cause: error,
  });
}
