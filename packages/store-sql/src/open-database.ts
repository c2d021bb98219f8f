// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { asDiskProblem, KibanError } from '@kiban/core';
import { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';

/**
 * Opens (and makes, where there is none) the database of one role and brings it to the newest schema.
 * A transaction that has returned is on disk (synchronous FULL).
 * @param migrations in order of their names, never edited once released.
 * @throws KibanError `database-migration-failed` (500): stored state unknown, nothing was started.
 */
export async function openDatabase<Schema>(
  path: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<Kysely<Schema>> {
  mkdirSync(dirname(path), { recursive: true });
  const database = new Kysely<Schema>({ dialect: nodeSqliteDialect(path) });
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await database.destroy();
    const disk = asDiskProblem(error, path);
    if (disk !== error) throw disk;
    throw new KibanError({
      code: 'database-migration-failed',
      status: 500,
      title: { ja: 'データベースを開けません', en: 'The database cannot be opened' },
      detail: {
        ja: `${path} を現在の形式にできませんでした。バックアップから戻すか、新しいディレクトリで始めてください。`,
        en: `${path} could not be brought to the current schema. Restore it from a backup, or start in a new directory.`,
      },
      cause: error,
    });
  }
  return database;
}
