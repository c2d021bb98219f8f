// SPDX-License-Identifier: Apache-2.0
import { createEventTable, type EventTable } from '@kiban/store-sql';
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of the hub. Texts that were signed are kept as received; `*_json` columns hold what the protocol schemas describe. */
export interface HubSchema extends EventTable {
  invitation: { digest: string; organisation: string; expires_at_ms: number; used_at_ms: number | null };
  member: {
    organisation: string;
    display_name: string;
    message_key: string;
    message_key_id: string;
    round_key: string;
    joined_at_ms: number;
    last_seen_at_ms: number | null;
    join_signature_json: string;
  };
  nonce: { key_id: string; nonce: string; expires_at_ms: number };
  programme: {
    programme: string;
    plan_text: string;
    plan_digest: string;
    public_corpus_digest: string;
    phase: string;
    reason: string;
    version: number;
    created_at_ms: number;
    start_json: string | null;
    base_digest: string | null;
    velocity_digest: string | null;
    block_rms_digest: string | null;
    clip_factor: number;
    running_norm: number | null;
    rejected_in_a_row: number;
    evaluating_since_ms: number | null;
    release: string | null;
    /** What members agreed on, where they did. */
    tokenizer_json: string | null;
  };
  tokenizer_round: {
    programme: string;
    round: number;
    /** pairs, candidates, closed */
    state: string;
    /** 0 while there is nothing to ask yet. */
    pairs_attempt: number;
    candidates_attempt: number;
    merges_digest: string;
    candidates_digest: string | null;
    candidate_count: number;
    /** That were counted in the round's last sum. */
    members: number;
    opened_at_ms: number;
    summary_json: string | null;
  };
  decision: {
    programme: string;
    organisation: string;
    decision_json: string;
    decided_at_ms: number;
    signature_json: string;
  };
  score: { programme: string; organisation: string; scores_json: string; signature_json: string };
  round: {
    programme: string;
    round: number;
    /** collecting, gating, closed */
    state: string;
    opened_at_ms: number;
    closed_at_ms: number | null;
    base_digest: string;
    scales_digest: string;
    clip_norm: number;
    update_attempt: number;
    gate_attempt: number;
    candidate_digest: string | null;
    candidate_velocity_digest: string | null;
    candidate_block_rms_digest: string | null;
    figures_json: string | null;
    summary_json: string | null;
  };
  attempt: {
    instance: string;
    attempt: number;
    programme: string;
    plan_text: string;
    /** open, opened, aborted, burnt, closed */
    state: string;
    reason: string;
    survivors_json: string | null;
    scalars_json: string | null;
    masked_bytes: number;
    opened_at_ms: number;
  };
  release: { name: string; programme: string; release_json: string };
  /** What stewards let go of their data cards; the envelope is kept as it was signed. */
  data_card: {
    programme: string;
    organisation: string;
    data_set: string;
    card_json: string;
    received_at_ms: number;
    signature_json: string;
  };
}

const initial: Migration = {
  async up(database: Kysely<unknown>) {
    const statements = [
      sql.raw(createEventTable),
      sql`CREATE TABLE invitation (digest TEXT PRIMARY KEY, organisation TEXT NOT NULL, expires_at_ms INTEGER NOT NULL, used_at_ms INTEGER)`,
      sql`CREATE TABLE member (organisation TEXT PRIMARY KEY, display_name TEXT NOT NULL, message_key TEXT NOT NULL, message_key_id TEXT NOT NULL UNIQUE, round_key TEXT NOT NULL UNIQUE, joined_at_ms INTEGER NOT NULL, last_seen_at_ms INTEGER, join_signature_json TEXT NOT NULL)`,
      sql`CREATE TABLE nonce (key_id TEXT NOT NULL, nonce TEXT NOT NULL, expires_at_ms INTEGER NOT NULL, PRIMARY KEY (key_id, nonce)) WITHOUT ROWID`,
      sql`CREATE INDEX nonce_expiry ON nonce (expires_at_ms)`,
      sql`CREATE TABLE programme (programme TEXT PRIMARY KEY, plan_text TEXT NOT NULL, plan_digest TEXT NOT NULL, public_corpus_digest TEXT NOT NULL, phase TEXT NOT NULL, reason TEXT NOT NULL, version INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, start_json TEXT, base_digest TEXT, velocity_digest TEXT, block_rms_digest TEXT, clip_factor REAL NOT NULL, running_norm REAL, rejected_in_a_row INTEGER NOT NULL, evaluating_since_ms INTEGER, release TEXT)`,
      sql`CREATE TABLE decision (programme TEXT NOT NULL REFERENCES programme, organisation TEXT NOT NULL REFERENCES member, decision_json TEXT NOT NULL, decided_at_ms INTEGER NOT NULL, signature_json TEXT NOT NULL, PRIMARY KEY (programme, organisation))`,
      sql`CREATE TABLE score (programme TEXT NOT NULL REFERENCES programme, organisation TEXT NOT NULL REFERENCES member, scores_json TEXT NOT NULL, signature_json TEXT NOT NULL, PRIMARY KEY (programme, organisation))`,
      sql`CREATE TABLE round (programme TEXT NOT NULL REFERENCES programme, round INTEGER NOT NULL, state TEXT NOT NULL, opened_at_ms INTEGER NOT NULL, closed_at_ms INTEGER, base_digest TEXT NOT NULL, scales_digest TEXT NOT NULL, clip_norm REAL NOT NULL, update_attempt INTEGER NOT NULL, gate_attempt INTEGER NOT NULL, candidate_digest TEXT, candidate_velocity_digest TEXT, candidate_block_rms_digest TEXT, figures_json TEXT, summary_json TEXT, PRIMARY KEY (programme, round))`,
      sql`CREATE TABLE attempt (instance TEXT NOT NULL, attempt INTEGER NOT NULL, programme TEXT NOT NULL REFERENCES programme, plan_text TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, survivors_json TEXT, scalars_json TEXT, masked_bytes INTEGER NOT NULL, opened_at_ms INTEGER NOT NULL, PRIMARY KEY (instance, attempt))`,
      sql`CREATE TABLE release (name TEXT PRIMARY KEY, programme TEXT NOT NULL REFERENCES programme, release_json TEXT NOT NULL)`,
    ];
    for (const statement of statements) await statement.execute(database);
  },
};

const dataCards: Migration = {
  async up(database: Kysely<unknown>) {
    await sql`CREATE TABLE data_card (programme TEXT NOT NULL REFERENCES programme, organisation TEXT NOT NULL REFERENCES member, data_set TEXT NOT NULL, card_json TEXT NOT NULL, received_at_ms INTEGER NOT NULL, signature_json TEXT NOT NULL, PRIMARY KEY (programme, organisation, data_set))`.execute(
      database,
    );
  },
};

const tokenizer: Migration = {
  async up(database: Kysely<unknown>) {
    const statements = [
      sql`ALTER TABLE programme ADD COLUMN tokenizer_json TEXT`,
      sql`CREATE TABLE tokenizer_round (programme TEXT NOT NULL REFERENCES programme, round INTEGER NOT NULL, state TEXT NOT NULL, pairs_attempt INTEGER NOT NULL, candidates_attempt INTEGER NOT NULL, merges_digest TEXT NOT NULL, candidates_digest TEXT, candidate_count INTEGER NOT NULL, members INTEGER NOT NULL, opened_at_ms INTEGER NOT NULL, summary_json TEXT, PRIMARY KEY (programme, round))`,
    ];
    for (const statement of statements) await statement.execute(database);
  },
};

export const hubMigrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-data-cards': dataCards,
  '0003-tokenizer': tokenizer,
};
