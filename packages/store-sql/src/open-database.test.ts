// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { openDatabase } from './open-database.ts';

interface Schema {
  note: { id: number; body: string };
}

const first: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('note')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('body', 'text')
      .execute();
  },
};

test('what a transaction wrote is there when the database is opened again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-sql-'));
  const path = join(directory, 'a', 'role.sqlite');
  const database = await openDatabase<Schema>(path, { '0001': first });
  await database.transaction().execute(async (transaction) => {
    await transaction.insertInto('note').values({ id: 1, body: '基盤' }).execute();
  });
  await assert.rejects(
    database.transaction().execute(async (transaction) => {
      await transaction.insertInto('note').values({ id: 2, body: 'lost' }).execute();
      throw new Error('undo');
    }),
    /undo/,
  );
  await database.destroy();
  const again = await openDatabase<Schema>(path, { '0001': first });
  const rows = await again.selectFrom('note').select(['id', 'body']).execute();
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [{ id: 1, body: '基盤' }],
  );
  await again.destroy();
  rmSync(directory, { recursive: true });
});

test('a migration that fails leaves nothing started and names the file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-sql-'));
  const path = join(directory, 'role.sqlite');
  const broken: Migration = { up: async () => Promise.reject(new Error('broken')) };
  await assert.rejects(openDatabase<Schema>(path, { '0001': broken }), { code: 'database-migration-failed' });
  rmSync(directory, { recursive: true });
});
