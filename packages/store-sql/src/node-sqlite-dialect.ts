// SPDX-License-Identifier: Apache-2.0
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

/** Kysely's SQLite dialect over `node:sqlite`: WAL, synchronous FULL, foreign keys on, deleted content overwritten. */
export function nodeSqliteDialect(path: string): SqliteDialect {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 5000;',
  );
  const prepared = new Map<string, ReturnType<typeof statement>>();
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        const known = prepared.get(sql);
        if (known !== undefined) return known;
        if (prepared.size >= mostPrepared) prepared.clear();
        const made = statement(database, sql);
        prepared.set(sql, made);
        return made;
      },
    },
  });
}

/** Texts of statements depend on the code and on the size of batches, so there are few. */
const mostPrepared = 256;

function statement(database: DatabaseSync, sql: string) {
  const prepared: StatementSync = database.prepare(sql);
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: prepared.columns().length > 0,
    all: (parameters: readonly unknown[]) => prepared.all(...values(parameters)),
    run: (parameters: readonly unknown[]) => prepared.run(...values(parameters)),
    // A statement of its own: the kept one may run again before the iteration ends.
    iterate: (parameters: readonly unknown[]) => database.prepare(sql).iterate(...values(parameters)),
  };
}
