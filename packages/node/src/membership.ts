// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from '@kiban/core';
import { type SigningKey, verifyKeyFromSpki, verifyKeyToSpki } from '@kiban/crypto';
import { HubClient } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import type { Kysely } from 'kysely';
import type { NodeConfig } from './config.ts';
import { problems } from './problems.ts';
import type { NodeSchema } from './schema.ts';

export interface JoinedCoalition {
  readonly hubOrigin: string;
  readonly coalition: string;
  /** Pinned when joining: lists and plans signed by another key are refused. */
  readonly hubKey: string;
}

export interface NodeKeys {
  readonly message: SigningKey;
  readonly round: SigningKey;
}

/** Which coalition this node belongs to. */
export class Membership {
  readonly #database: Kysely<NodeSchema>;
  readonly #events: EventLog;
  readonly #keys: NodeKeys;
  readonly #clock: Clock;

  constructor(database: Kysely<NodeSchema>, events: EventLog, keys: NodeKeys, clock: Clock = systemClock) {
    this.#database = database;
    this.#events = events;
    this.#keys = keys;
    this.#clock = clock;
  }

  async current(): Promise<JoinedCoalition | undefined> {
    const row = await this.#database.selectFrom('coalition').selectAll().executeTakeFirst();
    return row === undefined ? undefined : { hubOrigin: row.hub_origin, coalition: row.coalition, hubKey: row.hub_key };
  }

  /** Enrols both keys with a one-time invitation and pins the hub's key. @throws KibanError `invitation-refused`, `already-joined`, `hub-unreachable`, `clock-skewed` */
  async join(config: NodeConfig, hubOrigin: string, invitation: string): Promise<JoinedCoalition> {
    const known = await this.current();
    if (known !== undefined) throw problems.alreadyJoined(known.coalition);
    const origin = new URL(hubOrigin).origin;
    await using hub = this.client(origin);
    const { coalition } = await hub.join({
      invitation,
      organisation: config.organisation,
      displayName: config.displayName,
      messageKey: verifyKeyToSpki(this.#keys.message.verifyKey),
      roundKey: verifyKeyToSpki(this.#keys.round.verifyKey),
    });
    verifyKeyFromSpki(coalition.hubKey);
    await this.#database
      .insertInto('coalition')
      .values({
        id: 1,
        hub_origin: origin,
        coalition: coalition.coalition,
        hub_key: coalition.hubKey,
        joined_at_ms: this.#clock.nowMs(),
      })
      .execute();
    await this.#events.record('coalition-joined', { coalition: coalition.coalition });
    return { hubOrigin: origin, coalition: coalition.coalition, hubKey: coalition.hubKey };
  }

  /** The one way in which this node calls out. */
  client(hubOrigin: string): HubClient {
    return new HubClient({ baseUrl: hubOrigin, key: this.#keys.message, clock: this.#clock });
  }
}
