// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type Clock, type OrganisationId, sha256Hex } from '@kiban/core';
import { type VerifyKey, verifyKeyFromSpki } from '@kiban/crypto';
import type { Invitation, JoinRequest, Member } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import type { Kysely, Selectable } from 'kysely';
import { problems } from './problems.ts';
import type { HubSchema } from './schema.ts';

/** Who belongs to the coalition, and with which keys. */
export class Members {
  readonly #database: Kysely<HubSchema>;
  readonly #clock: Clock;
  readonly #events: EventLog;

  constructor(database: Kysely<HubSchema>, clock: Clock, events: EventLog) {
    this.#database = database;
    this.#clock = clock;
    this.#events = events;
  }

  /** A one-time secret for one organisation; only its digest is stored. */
  async invite(organisation: OrganisationId, validForMs: number): Promise<Invitation> {
    const invitation = randomBytes(24).toString('base64url');
    const expiresAtMs = this.#clock.nowMs() + validForMs;
    await this.#database
      .insertInto('invitation')
      .values({ digest: sha256Hex(invitation), organisation, expires_at_ms: expiresAtMs, used_at_ms: null })
      .execute();
    await this.#events.record('organisation-invited', { organisation });
    return { invitation, organisation, expiresAtMs };
  }

  /** Idempotent for the same organisation and keys. The request was verified with the message key that it enrols. */
  async join(request: JoinRequest, signature: unknown): Promise<Member> {
    const messageKey = verifyKeyFromSpki(request.messageKey);
    verifyKeyFromSpki(request.roundKey);
    const now = this.#clock.nowMs();
    const member = await this.#database.transaction().execute(async (transaction) => {
      const known = await transaction
        .selectFrom('member')
        .selectAll()
        .where('organisation', '=', request.organisation)
        .executeTakeFirst();
      if (known !== undefined) {
        if (known.message_key === request.messageKey && known.round_key === request.roundKey) return known;
        throw problems.alreadyMember(request.organisation);
      }
      const used = await transaction
        .updateTable('invitation')
        .set({ used_at_ms: now })
        .where('digest', '=', sha256Hex(request.invitation))
        .where('organisation', '=', request.organisation)
        .where('used_at_ms', 'is', null)
        .where('expires_at_ms', '>', now)
        .executeTakeFirst();
      if (used.numUpdatedRows !== 1n) throw problems.invitationRefused();
      const row = {
        organisation: request.organisation,
        display_name: request.displayName,
        message_key: request.messageKey,
        message_key_id: messageKey.keyId,
        round_key: request.roundKey,
        joined_at_ms: now,
        last_seen_at_ms: now,
        join_signature_json: JSON.stringify(signature),
      };
      await transaction.insertInto('member').values(row).execute();
      await this.#events.record('organisation-joined', { organisation: request.organisation }, null, transaction);
      return row;
    });
    this.#events.wake();
    return memberOf(member);
  }

  async list(): Promise<Member[]> {
    const rows = await this.#database.selectFrom('member').selectAll().orderBy('organisation').execute();
    return rows.map(memberOf);
  }

  async byMessageKey(keyId: string): Promise<{ organisation: OrganisationId; key: VerifyKey } | undefined> {
    const row = await this.#database
      .selectFrom('member')
      .select(['organisation', 'message_key'])
      .where('message_key_id', '=', keyId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { organisation: row.organisation as OrganisationId, key: verifyKeyFromSpki(row.message_key) };
  }

  /** False when this nonce was used before with this key: a replay. Requests that come at the same time share one durable write. */
  useNonce(keyId: string, nonce: string, expiresSeconds: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const row = { key_id: keyId, nonce, expires_at_ms: expiresSeconds * 1000 };
      if (this.#nonces.push({ row, resolve, reject }) === 1) setImmediate(() => void this.#storeNonces());
    });
  }

  async #storeNonces(): Promise<void> {
    const batch = this.#nonces.splice(0);
    try {
      const stored = await this.#database
        .insertInto('nonce')
        .values(batch.map((one) => one.row))
        .onConflict((conflict) => conflict.doNothing())
        .returning(['key_id', 'nonce'])
        .execute();
      const fresh = new Set(stored.map((row) => `${row.key_id} ${row.nonce}`));
      // Twice in one batch: only the first is no replay.
      for (const { row, resolve } of batch) resolve(fresh.delete(`${row.key_id} ${row.nonce}`));
      await this.#sweepNonces();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #sweepNonces(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#nonceSweepAtMs > 60_000) {
      this.#nonceSweepAtMs = nowMs;
      await this.#database
        .deleteFrom('nonce')
        .where('expires_at_ms', '<', nowMs - 60_000)
        .execute();
    }
  }

  readonly #nonces: {
    readonly row: HubSchema['nonce'];
    readonly resolve: (fresh: boolean) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  #nonceSweepAtMs = 0;

  /** In memory between calls of {@link list}: a signed request is proof of life, not worth a durable write each. */
  async seen(organisation: OrganisationId): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs - (this.#seenAtMs.get(organisation) ?? 0) < 5_000) return;
    this.#seenAtMs.set(organisation, nowMs);
    await this.#database
      .updateTable('member')
      .set({ last_seen_at_ms: nowMs })
      .where('organisation', '=', organisation)
      .execute();
  }

  readonly #seenAtMs = new Map<OrganisationId, number>();
}

function memberOf(row: Selectable<HubSchema['member']>): Member {
  return {
    organisation: row.organisation as OrganisationId,
    displayName: row.display_name,
    messageKey: row.message_key,
    roundKey: row.round_key,
    joinedAtMs: row.joined_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}
