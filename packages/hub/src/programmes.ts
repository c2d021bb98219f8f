// SPDX-License-Identifier: Apache-2.0
import {
  type Clock,
  type OrganisationId,
  type ProgrammeId,
  parseYaml,
  type Sha256Digest,
  sha256Hex,
} from '@kiban/core';
import {
  type AgreedTokenizerFiles,
  type Decision,
  type FileReference,
  type MemberScores,
  type OpenRound,
  type OpenTokenizerRound,
  type ProgrammePhase,
  type ProgrammeState,
  programmeStateSchema,
  type RoundSummary,
  type StartArtifacts,
} from '@kiban/protocol';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import { type RunPlan, runPlanSchema, startTrainer } from '@kiban/training';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { problems } from './problems.ts';
import type { HubSchema } from './schema.ts';

export type ProgrammeRow = Selectable<HubSchema['programme']>;
export type RoundRow = Selectable<HubSchema['round']>;
export type TokenizerRoundRow = Selectable<HubSchema['tokenizer_round']>;

/** Instance ids are unique within the coalition for ever. */
export function updateInstance(programme: string, round: number): string {
  return `${programme}.r${round}.update`;
}

export function gateInstance(programme: string, round: number): string {
  return `${programme}.r${round}.gate`;
}

/** @param kind what the sum is of, as the round's state names it; also the seed of the sketch */
export function tokenizerInstance(programme: string, round: number, kind: string): string {
  return `${programme}.t${round}.${kind}`;
}

/** Proposals, decisions and the state that members poll. The rounds themselves are driven by `round-driver.ts`. */
export class Programmes {
  readonly #database: Kysely<HubSchema>;
  readonly #blobs: BlobStore;
  readonly #clock: Clock;
  readonly #events: EventLog;

  constructor(database: Kysely<HubSchema>, blobs: BlobStore, clock: Clock, events: EventLog) {
    this.#database = database;
    this.#blobs = blobs;
    this.#clock = clock;
    this.#events = events;
  }

  /** @throws KibanError `config-invalid`, `participants-unknown`, `programme-exists`, `blob-not-found` */
  async propose(planText: string, publicCorpus: Sha256Digest): Promise<ProgrammeState> {
    const plan = parseYaml(planText, runPlanSchema, 'plan');
    await this.#blobs.describe(publicCorpus);
    await this.#database.transaction().execute(async (transaction) => {
      const members = await transaction.selectFrom('member').select('organisation').execute();
      const known = new Set(members.map((member) => member.organisation));
      const unknown = plan.participants.filter((participant) => !known.has(participant));
      if (unknown.length > 0) throw problems.participantsUnknown(unknown);
      const existing = await transaction
        .selectFrom('programme')
        .select('plan_digest')
        .where('programme', '=', plan.programme)
        .executeTakeFirst();
      if (existing !== undefined) throw problems.programmeExists(plan.programme);
      await transaction
        .insertInto('programme')
        .values({
          programme: plan.programme,
          plan_text: planText,
          plan_digest: sha256Hex(planText),
          public_corpus_digest: publicCorpus,
          phase: 'proposed',
          reason: '',
          version: 1,
          created_at_ms: this.#clock.nowMs(),
          start_json: null,
          base_digest: null,
          velocity_digest: null,
          block_rms_digest: null,
          clip_factor: 12,
          running_norm: null,
          rejected_in_a_row: 0,
          evaluating_since_ms: null,
          release: null,
          tokenizer_json: null,
        })
        .execute();
      await this.#events.record('programme-proposed', { participants: plan.participants }, plan.programme, transaction);
    });
    this.#events.wake();
    return this.state(plan.programme);
  }

  async decide(
    programme: ProgrammeId,
    organisation: OrganisationId,
    decision: Decision,
    signature: unknown,
  ): Promise<void> {
    await this.change(programme, async (row, transaction) => {
      const plan = planOf(row);
      if (!plan.participants.includes(organisation)) throw problems.notFound(`programme ${programme}`);
      if (row.phase !== 'proposed') throw problems.wrongPhase(programme, row.phase, 'proposed');
      if (decision.planDigest !== row.plan_digest) throw problems.planMismatch();
      const values = {
        decision_json: JSON.stringify(decision),
        decided_at_ms: this.#clock.nowMs(),
        signature_json: JSON.stringify(signature),
      };
      await transaction
        .insertInto('decision')
        .values({ programme, organisation, ...values })
        .onConflict((conflict) => conflict.columns(['programme', 'organisation']).doUpdateSet(values))
        .execute();
      await this.#events.record(
        'programme-decided',
        { organisation, decision: decision.decision },
        programme,
        transaction,
      );
    });
  }

  /** The operator's word. @throws KibanError `approvals-missing` (409) */
  async start(programme: ProgrammeId): Promise<void> {
    await this.change(programme, async (row, transaction) => {
      if (row.phase !== 'proposed') throw problems.wrongPhase(programme, row.phase, 'proposed');
      const rows = await transaction.selectFrom('decision').selectAll().where('programme', '=', programme).execute();
      const decided = new Map(
        rows.map((one) => [one.organisation, (JSON.parse(one.decision_json) as Decision).decision]),
      );
      const { participants, tokenizer } = planOf(row);
      const missing = participants.filter((participant) => !decided.has(participant));
      const refused = participants.filter((participant) => decided.get(participant) === 'refuse');
      if (missing.length + refused.length > 0) throw problems.approvalsMissing(missing, refused);
      await this.setPhase(transaction, programme, tokenizer.training === 'federated' ? 'tokenizing' : 'preparing');
    });
  }

  async stop(programme: ProgrammeId, reason: string): Promise<void> {
    await this.change(programme, async (row, transaction) => {
      if (['released', 'stopped', 'failed'].includes(row.phase))
        throw problems.wrongPhase(programme, row.phase, 'proposed, tokenizing, preparing, running, evaluating');
      await this.setPhase(transaction, programme, 'stopped', reason);
    });
  }

  /** What the start trainer made. Same artifacts again are fine; others are refused once rounds have begun. */
  async putStart(programme: ProgrammeId, organisation: OrganisationId, artifacts: StartArtifacts): Promise<void> {
    for (const file of [artifacts.tokenizer, artifacts.model, artifacts.blockRms])
      await this.#blobs.describe(file.digest);
    await this.change(programme, async (row, transaction) => {
      if (startTrainer(planOf(row)) !== organisation)
        throw problems.notFound(`start of programme ${programme} for ${organisation}`);
      if (row.start_json === JSON.stringify(artifacts)) return;
      if (row.phase !== 'preparing') throw problems.wrongPhase(programme, row.phase, 'preparing');
      const agreed = agreedTokenizerOf(row);
      if (agreed !== null && agreed.tokenizer.digest !== artifacts.tokenizer.digest) throw problems.tokenizerDiffers();
      await transaction
        .updateTable('programme')
        .set({
          start_json: JSON.stringify(artifacts),
          base_digest: artifacts.model.digest,
          block_rms_digest: artifacts.blockRms.digest,
        })
        .where('programme', '=', programme)
        .execute();
      await this.#events.record(
        'start-model-made',
        { organisation, publicLoss: artifacts.publicLoss },
        programme,
        transaction,
      );
      await this.setPhase(transaction, programme, 'running');
    });
  }

  async putScores(
    programme: ProgrammeId,
    organisation: OrganisationId,
    scores: MemberScores,
    signature: unknown,
  ): Promise<void> {
    await this.change(programme, async (row, transaction) => {
      const plan = planOf(row);
      if (!plan.participants.includes(organisation) || !plan.publishScores)
        throw problems.notFound(`scores of programme ${programme}`);
      if (row.phase !== 'evaluating' && row.phase !== 'released')
        throw problems.wrongPhase(programme, row.phase, 'evaluating');
      const values = { scores_json: JSON.stringify(scores), signature_json: JSON.stringify(signature) };
      await transaction
        .insertInto('score')
        .values({ programme, organisation, ...values })
        .onConflict((conflict) => conflict.columns(['programme', 'organisation']).doUpdateSet(values))
        .execute();
      await this.#events.record('scores-published', { organisation }, programme, transaction);
    });
  }

  /** One change of a programme in one transaction; its version grows, and whoever waits is woken. */
  async change(
    programme: string,
    work: (row: ProgrammeRow, transaction: Transaction<HubSchema>) => Promise<void>,
  ): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('programme')
        .selectAll()
        .where('programme', '=', programme)
        .executeTakeFirst();
      if (row === undefined) throw problems.notFound(`programme ${programme}`);
      await work(row, transaction);
      await transaction
        .updateTable('programme')
        .set((expression) => ({ version: expression('version', '+', 1) }))
        .where('programme', '=', programme)
        .execute();
    });
    this.#events.wake();
  }

  async setPhase(
    transaction: Transaction<HubSchema>,
    programme: string,
    phase: ProgrammePhase,
    reason = '',
  ): Promise<void> {
    await transaction
      .updateTable('programme')
      .set({ phase, reason, ...(phase === 'evaluating' ? { evaluating_since_ms: this.#clock.nowMs() } : {}) })
      .where('programme', '=', programme)
      .execute();
    await this.#events.record(
      'programme-phase-changed',
      { phase, ...(reason === '' ? {} : { reason }) },
      programme,
      transaction,
    );
  }

  async list(): Promise<ProgrammeRow[]> {
    return this.#database.selectFrom('programme').selectAll().orderBy('created_at_ms').execute();
  }

  async row(programme: string): Promise<ProgrammeRow> {
    const row = await this.#database
      .selectFrom('programme')
      .selectAll()
      .where('programme', '=', programme)
      .executeTakeFirst();
    if (row === undefined) throw problems.notFound(`programme ${programme}`);
    return row;
  }

  async state(programme: string): Promise<ProgrammeState> {
    const row = await this.row(programme);
    const decisions = await this.#database
      .selectFrom('decision')
      .selectAll()
      .where('programme', '=', programme)
      .execute();
    const scores = await this.#database.selectFrom('score').selectAll().where('programme', '=', programme).execute();
    const rounds = await this.#database
      .selectFrom('round')
      .selectAll()
      .where('programme', '=', programme)
      .orderBy('round')
      .execute();
    const open = row.phase === 'running' ? rounds.find((round) => round.state !== 'closed') : undefined;
    return programmeStateSchema.parse({
      programme,
      version: row.version,
      phase: row.phase,
      reason: row.reason,
      planDigest: row.plan_digest,
      planText: row.plan_text,
      publicCorpus: await this.#reference(row.public_corpus_digest),
      decisions: decisions.map((one) => ({
        ...(JSON.parse(one.decision_json) as Decision),
        organisation: one.organisation,
        decidedAtMs: one.decided_at_ms,
      })),
      tokenizerRound: await this.#openTokenizerRound(row),
      agreedTokenizer: agreedTokenizerOf(row),
      start: row.start_json === null ? null : (JSON.parse(row.start_json) as StartArtifacts),
      round: open === undefined ? null : await this.#openRound(programme, open),
      rounds: rounds.flatMap((round) =>
        round.summary_json === null ? [] : [JSON.parse(round.summary_json) as RoundSummary],
      ),
      base: row.base_digest === null ? null : await this.#reference(row.base_digest),
      scores: scores.map((one) => ({
        ...(JSON.parse(one.scores_json) as MemberScores),
        organisation: one.organisation,
      })),
      dataCards: await this.#dataCards(programme),
      release: row.release,
    });
  }

  async #dataCards(programme: string): Promise<unknown[]> {
    const rows = await this.#database
      .selectFrom('data_card')
      .select('card_json')
      .where('programme', '=', programme)
      .orderBy('organisation')
      .orderBy('data_set')
      .execute();
    return rows.map((row) => JSON.parse(row.card_json));
  }

  async tokenizerRounds(programme: string): Promise<TokenizerRoundRow[]> {
    return this.#database
      .selectFrom('tokenizer_round')
      .selectAll()
      .where('programme', '=', programme)
      .orderBy('round')
      .execute();
  }

  async #openTokenizerRound(row: ProgrammeRow): Promise<OpenTokenizerRound | null> {
    if (row.phase !== 'tokenizing') return null;
    const round = (await this.tokenizerRounds(row.programme)).find((one) => one.state !== 'closed');
    if (round === undefined) return null;
    const { candidates_digest: candidates, candidate_count: count } = round;
    return {
      round: round.round,
      instance: tokenizerInstance(row.programme, round.round, round.state),
      attempt: round.state === 'pairs' ? round.pairs_attempt : round.candidates_attempt,
      merges: await this.#reference(round.merges_digest),
      candidates: candidates === null ? null : { ...(await this.#reference(candidates)), count },
    };
  }

  async #openRound(programme: string, round: RoundRow): Promise<OpenRound> {
    const collecting = round.state === 'collecting';
    return {
      round: round.round,
      base: await this.#reference(round.base_digest),
      scales: await this.#reference(round.scales_digest),
      clipNorm: round.clip_norm,
      update:
        collecting && round.update_attempt > 0
          ? { instance: updateInstance(programme, round.round), attempt: round.update_attempt }
          : null,
      gate:
        !collecting && round.gate_attempt > 0 && round.candidate_digest !== null
          ? {
              instance: gateInstance(programme, round.round),
              attempt: round.gate_attempt,
              candidate: await this.#reference(round.candidate_digest),
            }
          : null,
    };
  }

  #reference(digest: string): Promise<FileReference> {
    return this.#blobs.describe(digest as Sha256Digest);
  }
}

export function agreedTokenizerOf(row: Pick<ProgrammeRow, 'tokenizer_json'>): AgreedTokenizerFiles | null {
  return row.tokenizer_json === null ? null : (JSON.parse(row.tokenizer_json) as AgreedTokenizerFiles);
}

/** The plan as it was proposed; it was checked then. */
export function planOf(row: Pick<ProgrammeRow, 'plan_text'>): RunPlan {
  return parseYaml(row.plan_text, runPlanSchema, 'plan');
}
