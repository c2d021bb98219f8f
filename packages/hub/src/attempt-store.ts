// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import type { AggregationPlan } from '@kiban/secagg';
import type { Kysely } from 'kysely';
import type { HubSchema } from './schema.ts';

export interface OpenedSum {
  readonly survivors: readonly OrganisationId[];
  readonly scalars: Readonly<Record<string, number>>;
  readonly maskedBytes: number;
  /** The plain sum, little-endian words in flat order; meaningless when the plan has no words. */
  readonly sumPath: string;
}

export type AttemptOutcome =
  | { readonly state: 'open' }
  | { readonly state: 'opened'; readonly sum: OpenedSum }
  | { readonly state: 'aborted'; readonly reason: string }
  | { readonly state: 'burnt'; readonly reason: string };

/** The rows of attempts: `open`, then `opened` and `closed`, or `aborted`, or `burnt`. What happened in between is in their journals. */
export class AttemptStore {
  readonly #database: Kysely<HubSchema>;

  constructor(database: Kysely<HubSchema>) {
    this.#database = database;
  }

  row(instance: string, attempt: number) {
    return this.#database
      .selectFrom('attempt')
      .selectAll()
      .where('instance', '=', instance)
      .where('attempt', '=', attempt)
      .executeTakeFirst();
  }

  /** Attempts whose journal and spool may still be needed. */
  unfinished() {
    return this.#database.selectFrom('attempt').selectAll().where('state', 'in', ['open', 'opened']).execute();
  }

  /** A known (instance, attempt) stays as it is. */
  async add(plan: AggregationPlan, planText: string, atMs: number): Promise<void> {
    await this.#database
      .insertInto('attempt')
      .values({
        instance: plan.instance,
        attempt: plan.attempt,
        programme: plan.programme,
        plan_text: planText,
        state: 'open',
        reason: '',
        survivors_json: null,
        scalars_json: null,
        masked_bytes: 0,
        opened_at_ms: atMs,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async outcome(instance: string, attempt: number, sumPath: string): Promise<AttemptOutcome> {
    const row = await this.row(instance, attempt);
    if (row?.state === 'opened')
      return {
        state: 'opened',
        sum: {
          survivors: JSON.parse(row.survivors_json ?? '[]') as OrganisationId[],
          scalars: JSON.parse(row.scalars_json ?? '{}') as Record<string, number>,
          maskedBytes: row.masked_bytes,
          sumPath,
        },
      };
    if (row?.state === 'aborted' || row?.state === 'burnt') return { state: row.state, reason: row.reason };
    return { state: 'open' };
  }

  async markOpened(plan: AggregationPlan, sum: Omit<OpenedSum, 'sumPath'>): Promise<void> {
    await this.#update(plan.instance, plan.attempt)
      .set({
        state: 'opened',
        survivors_json: JSON.stringify(sum.survivors),
        scalars_json: JSON.stringify(sum.scalars),
        masked_bytes: sum.maskedBytes,
      })
      .execute();
  }

  async markEnded(plan: AggregationPlan, state: 'aborted' | 'burnt', reason: string): Promise<void> {
    await this.#update(plan.instance, plan.attempt).set({ state, reason }).execute();
  }

  /** Of an attempt that was opened; of one that ended otherwise the reason stays. */
  async markClosed(instance: string, attempt: number): Promise<void> {
    await this.#update(instance, attempt).set({ state: 'closed' }).where('state', '=', 'opened').execute();
  }

  #update(instance: string, attempt: number) {
    return this.#database.updateTable('attempt').where('instance', '=', instance).where('attempt', '=', attempt);
  }
}
