// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KibanError } from './kiban-error.ts';

/** Held for the life of a process; released by {@link DirectoryLock.release} or by the operating system when the process dies. */
export interface DirectoryLock {
  release(): void;
}

/**
 * One process per state directory. The lock is SQLite's exclusive file lock on `DIR/lock.sqlite`: the operating system drops it on `kill -9`,
 * so no stale lock file ever has to be judged.
 * @throws KibanError `directory-locked` (409) when another process holds it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 });
  try {
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 1; COMMIT;',
    );
  } catch (error) {
    database.close();
    throw new KibanError({
      code: 'directory-locked',
      status: 409,
      title: { ja: 'ディレクトリは使用中です', en: 'The directory is in use' },
      detail: {
        ja: `${directory} は別のプロセスが使用中です。それを停止するか、別のディレクトリを指定してください。`,
        en: `${directory} is used by another process. Stop it, or name another directory.`,
      },
      cause: error,
    });
  }
  return { release: () => database.close() };
}
