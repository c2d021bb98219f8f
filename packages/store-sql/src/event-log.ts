// SPDX-License-Identifier: Apache-2.0
import { EventEmitter, once } from 'node:events';
import type { Clock, Logger } from '@kiban/core';
import type { Generated, Kysely } from 'kysely';

/** Table of business events; part of a role's schema. */
export interface EventTable {
  event: { sequence: Generated<number>; at_ms: number; event: string; programme: string | null; data_json: string };
}

export const createEventTable =
  'CREATE TABLE event (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, event TEXT NOT NULL, programme TEXT, data_json TEXT NOT NULL)';

export interface StoredEvent {
  readonly sequence: number;
  readonly atMs: number;
  /** Noun-verb in kebab-case. */
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Business events, durable and in order. What waits for a change of any kind waits here. */
export class EventLog {
  readonly #database: Kysely<EventTable>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  /** @param database of any schema that has the event table. */
  constructor(database: unknown, clock: Clock, logger: Logger) {
    this.#database = database as Kysely<EventTable>;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Inside a transaction the event stands or falls with the change that it tells of; call {@link wake} after the commit. */
  async record(
    event: string,
    data: Record<string, unknown>,
    programme: string | null = null,
    transaction?: unknown,
  ): Promise<void> {
    await ((transaction ?? this.#database) as Kysely<EventTable>)
      .insertInto('event')
      .values({ at_ms: this.#clock.nowMs(), event, programme, data_json: JSON.stringify(data) })
      .execute();
    this.#logger.info(event, { ...(programme === null ? {} : { programme }) });
    if (transaction === undefined) this.wake();
  }

  wake(): void {
    this.#emitter.emit('change');
  }

  async after(sequence: number, limit = 1_000): Promise<StoredEvent[]> {
    const rows = await this.#database
      .selectFrom('event')
      .selectAll()
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      sequence: row.sequence,
      atMs: row.at_ms,
      event: row.event,
      data: {
        ...(JSON.parse(row.data_json) as Record<string, unknown>),
        ...(row.programme === null ? {} : { programme: row.programme }),
      },
    }));
  }

  /** Repeats `look` at once and after every change until it gives something, or until `waitMs` passed: then undefined. */
  async waitFor<T>(look: () => Promise<T | undefined>, waitMs: number, signal?: AbortSignal): Promise<T | undefined> {
    const deadline = AbortSignal.timeout(Math.max(1, waitMs));
    const stop = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    for (;;) {
      const change = once(this.#emitter, 'change', { signal: stop }).then(
        () => true,
        () => false,
      );
      const found = await look();
      if (found !== undefined || stop.aborted) return found;
      if (!(await change)) return undefined;
    }
  }
}
