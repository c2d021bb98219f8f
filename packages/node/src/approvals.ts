// SPDX-License-Identifier: Apache-2.0
import { type Clock, type ProgrammeId, parseYaml, sha256Hex } from '@kiban/core';
import type { CardShare, DataClass, HubClient, ProgrammeState } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import { type RunPlan, runPlanSchema } from '@kiban/training';
import type { Kysely } from 'kysely';
import type { DataSets } from './data-sets.ts';
import { problems } from './problems.ts';
import type { NodeSchema } from './schema.ts';

const classOrder: readonly DataClass[] = ['public', 'internal', 'confidential', 'restricted'];

export interface Approval {
  readonly programme: ProgrammeId;
  readonly planDigest: string;
  readonly decision: 'approve' | 'refuse';
  readonly dataSets: readonly string[];
  /** What of the data cards may go to the hub. */
  readonly cardShare: CardShare;
}

/** The steward's word on each programme, kept here: the node trains on what was approved, whatever the hub says. */
export class Approvals {
  readonly #database: Kysely<NodeSchema>;
  readonly #dataSets: DataSets;
  readonly #clock: Clock;
  readonly #events: EventLog;

  constructor(database: Kysely<NodeSchema>, dataSets: DataSets, clock: Clock, events: EventLog) {
    this.#database = database;
    this.#dataSets = dataSets;
    this.#clock = clock;
    this.#events = events;
  }

  /** Stored here first, then told to the hub; told again after a crash. @throws KibanError `no-data-sets`, `data-class-too-high`, `not-found` */
  async decide(
    hub: HubClient,
    state: ProgrammeState,
    decision: Approval['decision'],
    dataSetIds: readonly string[],
    steward: string,
    reason: string,
    cardShare: CardShare,
  ): Promise<void> {
    const plan = planOf(state);
    const dataSets = await Promise.all(dataSetIds.map((id) => this.#dataSets.get(id)));
    if (decision === 'approve' && dataSets.length === 0) throw problems.noDataSets();
    for (const dataSet of dataSets)
      if (classOrder.indexOf(dataSet.dataClass) > classOrder.indexOf(plan.maximumDataClass))
        throw problems.dataClassTooHigh(dataSet.id, dataSet.dataClass, plan.maximumDataClass);
    const row = {
      plan_digest: state.planDigest,
      decision,
      data_sets_json: JSON.stringify(dataSetIds),
      decided_at_ms: this.#clock.nowMs(),
      card_share: cardShare,
    };
    await this.#database
      .insertInto('approval')
      .values({ programme: state.programme, ...row })
      .onConflict((conflict) => conflict.column('programme').doUpdateSet(row))
      .execute();
    await hub.decide(state.programme, {
      planDigest: state.planDigest,
      decision,
      steward,
      reason,
      dataSets: dataSets.map((dataSet) => ({ id: dataSet.id, dataClass: dataSet.dataClass, basis: dataSet.basis })),
    });
    await this.#events.record(
      'programme-decided',
      { decision, dataSets: dataSetIds, steward, cardShare },
      state.programme,
    );
  }

  async get(programme: string): Promise<Approval | undefined> {
    const row = await this.#database
      .selectFrom('approval')
      .selectAll()
      .where('programme', '=', programme)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      programme: row.programme as ProgrammeId,
      planDigest: row.plan_digest,
      decision: row.decision as Approval['decision'],
      dataSets: JSON.parse(row.data_sets_json) as string[],
      cardShare: row.card_share as CardShare,
    };
  }

  /** Data sets that approved programmes may still read. */
  async inUse(isOver: (programme: string) => boolean): Promise<Map<string, readonly string[]>> {
    const rows = await this.#database.selectFrom('approval').selectAll().where('decision', '=', 'approve').execute();
    return new Map(
      rows
        .filter((row) => !isOver(row.programme))
        .map((row) => [row.programme, JSON.parse(row.data_sets_json) as string[]]),
    );
  }
}

/** The plan of a programme as its text says; the digest must be that of the text. */
export function planOf(state: Pick<ProgrammeState, 'planText' | 'planDigest'>): RunPlan {
  if (sha256Hex(state.planText) !== state.planDigest)
    throw problems.baseNotTrusted('the plan’s text does not have its digest');
  return parseYaml(state.planText, runPlanSchema, 'plan');
}
