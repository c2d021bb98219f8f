// SPDX-License-Identifier: Apache-2.0
import { EventEmitter, once } from 'node:events';
import type { Clock, Logger } from '@kiban/core';
import type { ServiceEvent } from '@kiban/protocol';
import type { Kysely, Transaction } from 'kysely';
import type { HubSchema } from './schema.ts';

/** Business events, durable and in order. What waits for a change of any kind waits here. */
export class EventLog {
  readonly #database: Kysely<HubSchema>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  constructor(database: Kysely<HubSchema>, clock: Clock, logger: Logger) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Inside a transaction the event stands or falls with the change that it tells of; call {@link wake} after the commit. */
  async record(
    event: string,
    data: Record<string, unknown>,
    programme: string | null = null,
    transaction: Kysely<HubSchema> | Transaction<HubSchema> = this.#database,
  ): Promise<void> {
    await transaction
      .insertInto('event')
      .values({ at_ms: this.#clock.nowMs(), event, programme, data_json: JSON.stringify(data) })
      .execute();
    this.#logger.info(event, { ...(programme === null ? {} : { programme }) });
    if (transaction === this.#database) this.wake();
  }

  wake(): void {
    this.#emitter.emit('change');
  }

  async after(sequence: number, limit = 1_000): Promise<ServiceEvent[]> {
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
      data: { ...(JSON.parse(row.data_json) as Record<string, unknown>), ...(row.programme === null ? {} : { programme: row.programme }) },
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
