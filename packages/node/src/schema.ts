// SPDX-License-Identifier: Apache-2.0
import { createEventTable, type EventTable } from '@kiban/store-sql';
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of a node. Contents of documents are never in them. */
export interface NodeSchema extends EventTable {
  /** One row: the coalition that was joined, pinned. */
  coalition: { id: number; hub_origin: string; coalition: string; hub_key: string; joined_at_ms: number };
  data_set: {
    id: string;
    folder: string;
    data_class: string;
    basis: string;
    purpose: string;
    weight: number;
    added_at_ms: number;
  };
  approval: {
    programme: string;
    plan_digest: string;
    decision: string;
    data_sets_json: string;
    decided_at_ms: number;
    /** What of the data cards may go to the hub: nothing, summary, full. */
    card_share: string;
  };
  /** Lasting notes about secure aggregation; without them a hub could ask for a second opening. */
  mark: { instance: string; attempt: number; kind: string; transcript: string };
  /** Which rounds' updates exist; the levels are a file. */
  update: { programme: string; round: number; update_json: string };
  /** Which counts for the vocabulary exist, and what was asked: an instance is answered once, for one question. The counts are a file. */
  token_count: { instance: string; question: string; words_digest: string };
  model: { id: string; path: string; kind: string; added_at_ms: number };
}

const initial: Migration = {
  async up(database: Kysely<unknown>) {
    for (const statement of [
      createEventTable,
      'CREATE TABLE coalition (id INTEGER PRIMARY KEY CHECK (id = 1), hub_origin TEXT NOT NULL, coalition TEXT NOT NULL, hub_key TEXT NOT NULL, joined_at_ms INTEGER NOT NULL)',
      'CREATE TABLE data_set (id TEXT PRIMARY KEY, folder TEXT NOT NULL, data_class TEXT NOT NULL, basis TEXT NOT NULL, purpose TEXT NOT NULL, weight REAL NOT NULL, added_at_ms INTEGER NOT NULL)',
      'CREATE TABLE approval (programme TEXT PRIMARY KEY, plan_digest TEXT NOT NULL, decision TEXT NOT NULL, data_sets_json TEXT NOT NULL, decided_at_ms INTEGER NOT NULL)',
      'CREATE TABLE mark (instance TEXT NOT NULL, attempt INTEGER NOT NULL, kind TEXT NOT NULL, transcript TEXT NOT NULL, PRIMARY KEY (instance, attempt, kind)) WITHOUT ROWID',
      'CREATE TABLE "update" (programme TEXT NOT NULL, round INTEGER NOT NULL, update_json TEXT NOT NULL, PRIMARY KEY (programme, round)) WITHOUT ROWID',
      'CREATE TABLE model (id TEXT PRIMARY KEY, path TEXT NOT NULL, kind TEXT NOT NULL, added_at_ms INTEGER NOT NULL)',
    ])
      await sql.raw(statement).execute(database);
  },
};

/** Nobody who approved before was asked: nothing. */
const cardShare: Migration = {
  async up(database: Kysely<unknown>) {
    await sql`ALTER TABLE approval ADD COLUMN card_share TEXT NOT NULL DEFAULT 'nothing'`.execute(database);
  },
};

const tokenCounts: Migration = {
  async up(database: Kysely<unknown>) {
    await sql`CREATE TABLE token_count (instance TEXT PRIMARY KEY, question TEXT NOT NULL, words_digest TEXT NOT NULL)`.execute(
      database,
    );
  },
};

export const nodeMigrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-card-share': cardShare,
  '0003-token-counts': tokenCounts,
};
