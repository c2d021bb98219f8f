// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger, OrganisationId, ProgrammeId, Sha256Digest } from '@kiban/core';
import type { RoundSummary, StartArtifacts } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import {
  flatLayout,
  type GateVerdict,
  judgeHeldOut,
  judgeUpdate,
  modelConfigOf,
  nextBlockRms,
  nextClipFactor,
  plannedThresholds,
  type RunPlan,
  scaleBlocks,
  scalesFromRms,
  smallestBlockRms,
} from '@kiban/training';
import type { Kysely, Transaction } from 'kysely';
import type { AggregationService } from './aggregation-service.ts';
import type { OpenedSum } from './attempt-store.ts';
import { makeCandidate } from './candidate-base.ts';
import type { Members } from './members.ts';
import { rosterOf } from './plan-roster.ts';
import {
  gateInstance,
  type ProgrammeRow,
  type Programmes,
  planOf,
  type RoundRow,
  updateInstance,
} from './programmes.ts';
import type { ReleaseWriter } from './release-writer.ts';
import type { HubSchema } from './schema.ts';
import type { TokenizerDriver } from './tokenizer-driver.ts';

/** Scalars that travel with an update, with their fixed-point scale and the bound of one member's integer. */
export const updateScalars = [
  { name: 'trainingLoss', scale: 65_536, bound: 1 << 24 },
  { name: 'steps', scale: 1, bound: 1 << 20 },
  { name: 'clippedPerMillion', scale: 1, bound: 1_000_000 },
] as const;

/** Scalars of the gate: the members' own held-out losses of base and candidate, and how many were harmed. */
export const gateScalars = [
  { name: 'baseLoss', scale: 1 << 20, bound: 1 << 25 },
  { name: 'candidateLoss', scale: 1 << 20, bound: 1 << 25 },
  { name: 'worse', scale: 1, bound: 1 },
] as const;

/** Phases in which the hub itself has something to do next. */
const drivenPhases: ReadonlySet<string> = new Set(['tokenizing', 'running', 'evaluating']);

/** What is known of a round between its sum and its verdict. */
interface RoundFigures {
  readonly members: readonly OrganisationId[];
  readonly trainingLoss: number;
  readonly steps: number;
  readonly clippedFraction: number;
  readonly norm: number;
  readonly maskedBytes: number;
  readonly attempts: number;
}

export interface RoundDriverOptions {
  readonly database: Kysely<HubSchema>;
  readonly programmes: Programmes;
  readonly members: Members;
  readonly aggregation: AggregationService;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly releases: ReleaseWriter;
  readonly tokenizers: TokenizerDriver;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workDirectory: string;
}

/**
 * Moves programmes forward: round by round, then to a release. Every step looks at what is stored and does the next thing once, so that
 * starting after a crash and going on are the same code.
 */
export class RoundDriver {
  readonly #options: RoundDriverOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #wanted = new Set<string>();
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RoundDriverOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    for (const row of await this.#options.programmes.list()) this.advance(row.programme);
    this.#timer = setInterval(() => {
      void this.#options.programmes.list().then((rows) => {
        for (const row of rows) if (drivenPhases.has(row.phase)) this.advance(row.programme);
      });
    }, 2_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await Promise.allSettled(this.#running.values());
  }

  /** Asks for progress; calls for the same programme run one after the other, and many calls become one. */
  advance(programme: string): void {
    this.#wanted.add(programme);
    if (this.#running.has(programme)) return;
    const work = async () => {
      while (this.#wanted.delete(programme) && !this.#stopped) {
        while (!this.#stopped && (await this.#step(programme)));
      }
    };
    const run = work()
      .catch((error: unknown) => this.#options.logger.error('programme-stuck', error, { programme }))
      .finally(() => this.#running.delete(programme));
    this.#running.set(programme, run);
  }

  /** One step; true when another may follow at once. */
  async #step(programme: string): Promise<boolean> {
    const row = await this.#options.programmes.row(programme);
    const plan = planOf(row);
    if (row.phase === 'tokenizing') return this.#options.tokenizers.step(row, plan);
    if (row.phase === 'running') return this.#betweenRounds(row, plan);
    if (row.phase === 'evaluating') return this.#evaluating(row, plan);
    if (row.phase === 'stopped' || row.phase === 'failed') await this.#options.aggregation.endProgramme(row.programme);
    return false;
  }

  async #betweenRounds(row: ProgrammeRow, plan: RunPlan): Promise<boolean> {
    const rounds = await this.#options.database
      .selectFrom('round')
      .selectAll()
      .where('programme', '=', row.programme)
      .orderBy('round')
      .execute();
    const open = rounds.find((round) => round.state !== 'closed');
    if (open === undefined) {
      if (rounds.length >= plan.rounds) {
        await this.#options.programmes.change(row.programme, (_, transaction) =>
          this.#options.programmes.setPhase(transaction, row.programme, 'evaluating'),
        );
        return true;
      }
      await this.#openRound(row, plan, rounds.length + 1);
      return true;
    }
    return open.state === 'collecting' ? this.#collecting(row, plan, open) : this.#gating(row, plan, open);
  }

  async #openRound(row: ProgrammeRow, plan: RunPlan, round: number): Promise<void> {
    const { blobs, programmes, events, clock } = this.#options;
    const rms = await this.#readFloats(row.block_rms_digest as Sha256Digest);
    const scales = scalesFromRms(rms, { levelLimit: plan.aggregation.levelLimit, clipFactor: row.clip_factor });
    const stored = await blobs.put(new Uint8Array(scales.buffer as ArrayBuffer, scales.byteOffset, scales.byteLength));
    await programmes.change(row.programme, async (_, transaction) => {
      await transaction
        .insertInto('round')
        .values({
          programme: row.programme,
          round,
          state: 'collecting',
          opened_at_ms: clock.nowMs(),
          closed_at_ms: null,
          base_digest: row.base_digest as string,
          scales_digest: stored.digest,
          clip_norm: clipNorm(row, rms, plan),
          update_attempt: 1,
          gate_attempt: 0,
          candidate_digest: null,
          candidate_velocity_digest: null,
          candidate_block_rms_digest: null,
          figures_json: null,
          summary_json: null,
        })
        .execute();
      await events.record(
        'round-opened',
        { round, rounds: plan.rounds, base: row.base_digest },
        row.programme,
        transaction,
      );
    });
  }

  async #collecting(row: ProgrammeRow, plan: RunPlan, round: RoundRow): Promise<boolean> {
    const { aggregation } = this.#options;
    const instance = updateInstance(row.programme, round.round);
    await aggregation.open(await this.#aggregationPlan(row, plan, round, instance, round.update_attempt, 'update'));
    const outcome = await aggregation.outcome(instance, round.update_attempt);
    if (outcome.state === 'open') return false;
    if (outcome.state === 'burnt') {
      await this.#closeRound(row, plan, round, 'burnt', outcome.reason, undefined, undefined);
      return true;
    }
    if (outcome.state === 'aborted') {
      await this.#nextAttempt(row, round, 'update_attempt', outcome.reason);
      await aggregation.close(instance, round.update_attempt);
      return true;
    }
    await this.#makeCandidate(row, plan, round, outcome.sum);
    return true;
  }

  async #makeCandidate(row: ProgrammeRow, plan: RunPlan, round: RoundRow, sum: OpenedSum): Promise<void> {
    const { blobs, programmes, workDirectory } = this.#options;
    const scales = await this.#readFloats(round.scales_digest as Sha256Digest);
    const survivorCount = sum.survivors.length;
    const result = await makeCandidate(
      {
        layout: flatLayout(modelConfigOf(plan)),
        base: round.base_digest as Sha256Digest,
        velocity: (row.velocity_digest as Sha256Digest | null) ?? undefined,
        scales,
        sumPath: sum.sumPath,
        bits: plan.aggregation.bits,
        survivorCount,
        step:
          round.round <= plan.outer.warmupRounds
            ? undefined
            : { learningRate: plan.outer.learningRate, momentum: plan.outer.momentum },
        workDirectory: join(workDirectory, `${row.programme}.r${round.round}`),
      },
      blobs,
    );
    const figures: RoundFigures = {
      members: sum.survivors,
      trainingLoss: (sum.scalars.trainingLoss ?? Number.NaN) / survivorCount,
      steps: sum.scalars.steps ?? 0,
      clippedFraction: (sum.scalars.clippedPerMillion ?? 0) / survivorCount / 1e6,
      norm: result.norm,
      maskedBytes: sum.maskedBytes,
      attempts: round.update_attempt,
    };
    const verdict = judgeUpdate(
      plan,
      { finite: result.finite, norm: result.norm, clippedFraction: figures.clippedFraction },
      row.running_norm ?? undefined,
    );
    if (verdict.outcome === 'rejected') {
      await this.#closeRound(row, plan, round, 'rejected', reasonOf(verdict), figures, undefined);
      return;
    }
    const previousRms = await this.#readFloats(row.block_rms_digest as Sha256Digest);
    const nextRms = nextBlockRms(previousRms, result.blockRms, survivorCount);
    const rms = await blobs.put(new Uint8Array(nextRms.buffer as ArrayBuffer, nextRms.byteOffset, nextRms.byteLength));
    await programmes.change(row.programme, async (_, transaction) => {
      await transaction
        .updateTable('round')
        .set({
          state: 'gating',
          gate_attempt: 1,
          candidate_digest: result.candidate,
          candidate_velocity_digest: result.velocity ?? null,
          candidate_block_rms_digest: rms.digest,
          figures_json: JSON.stringify(figures),
        })
        .where('programme', '=', row.programme)
        .where('round', '=', round.round)
        .execute();
    });
  }

  async #gating(row: ProgrammeRow, plan: RunPlan, round: RoundRow): Promise<boolean> {
    const { aggregation } = this.#options;
    // The update's sum is in the candidate now: its secrets and spool may go.
    await aggregation.close(updateInstance(row.programme, round.round), round.update_attempt);
    const instance = gateInstance(row.programme, round.round);
    await aggregation.open(await this.#aggregationPlan(row, plan, round, instance, round.gate_attempt, 'gate'));
    const outcome = await aggregation.outcome(instance, round.gate_attempt);
    if (outcome.state === 'open') return false;
    const figures = JSON.parse(round.figures_json as string) as RoundFigures;
    if (outcome.state === 'burnt') {
      await this.#closeRound(row, plan, round, 'burnt', outcome.reason, figures, undefined);
      await aggregation.close(instance, round.gate_attempt);
      return true;
    }
    if (outcome.state === 'aborted') {
      await this.#nextAttempt(row, round, 'gate_attempt', outcome.reason);
      await aggregation.close(instance, round.gate_attempt);
      return true;
    }
    const { scalars, survivors } = outcome.sum;
    const heldOut = {
      members: survivors.length,
      baseLossSum: scalars.baseLoss ?? Number.NaN,
      candidateLossSum: scalars.candidateLoss ?? Number.NaN,
      worseMembers: scalars.worse ?? 0,
    };
    const verdict = judgeHeldOut(plan, round.round, heldOut);
    await this.#closeRound(row, plan, round, verdict.outcome, reasonOf(verdict), figures, {
      before: heldOut.baseLossSum / heldOut.members,
      after: heldOut.candidateLossSum / heldOut.members,
    });
    await aggregation.close(instance, round.gate_attempt);
    return true;
  }

  /** The round's end, whatever it is, in one transaction: a rejected round leaves base, velocity and scales byte for byte. */
  async #closeRound(
    row: ProgrammeRow,
    plan: RunPlan,
    round: RoundRow,
    outcome: RoundSummary['outcome'],
    reason: string,
    figures: RoundFigures | undefined,
    heldOut: { readonly before: number; readonly after: number } | undefined,
  ): Promise<void> {
    const { programmes, events, clock, aggregation } = this.#options;
    const nowMs = clock.nowMs();
    const accepted = outcome === 'accepted';
    const summary: RoundSummary = {
      round: round.round,
      outcome,
      reason,
      attempts: round.update_attempt,
      members: [...(figures?.members ?? [])],
      trainingLoss: finiteOrNull(figures?.trainingLoss),
      heldOutLossBefore: finiteOrNull(heldOut?.before),
      heldOutLossAfter: finiteOrNull(heldOut?.after),
      updateNorm: finiteOrNull(figures?.norm),
      clippedFraction: finiteOrNull(figures?.clippedFraction),
      maskedBytes: figures?.maskedBytes ?? 0,
      tokens: Math.round((figures?.steps ?? 0) * plan.inner.batchSize * plan.model.contextLength),
      durationMs: Math.max(0, nowMs - round.opened_at_ms),
      baseDigest: (accepted ? round.candidate_digest : round.base_digest) as Sha256Digest,
    };
    await programmes.change(row.programme, async (current, transaction) => {
      await transaction
        .updateTable('round')
        .set({ state: 'closed', closed_at_ms: nowMs, summary_json: JSON.stringify(summary) })
        .where('programme', '=', row.programme)
        .where('round', '=', round.round)
        .execute();
      const rejectedInARow = accepted ? 0 : current.rejected_in_a_row + 1;
      await transaction
        .updateTable('programme')
        .set({
          rejected_in_a_row: rejectedInARow,
          ...(figures === undefined
            ? {}
            : { clip_factor: nextClipFactor(current.clip_factor, figures.clippedFraction) }),
          ...(accepted && figures !== undefined
            ? {
                base_digest: round.candidate_digest,
                velocity_digest: round.candidate_velocity_digest,
                block_rms_digest: round.candidate_block_rms_digest,
                running_norm:
                  current.running_norm === null ? figures.norm : 0.7 * current.running_norm + 0.3 * figures.norm,
              }
            : {}),
        })
        .where('programme', '=', row.programme)
        .execute();
      await events.record('round-closed', { ...summary, rounds: plan.rounds }, row.programme, transaction);
      if (rejectedInARow >= plan.gate.maximumRejectedInARow)
        await this.#endEarly(row, transaction, `${rejectedInARow} rounds in a row were not accepted: ${reason}`);
    });
    if (outcome !== 'accepted')
      await aggregation.close(updateInstance(row.programme, round.round), round.update_attempt);
  }

  /** Rounds no longer improve the base. What was accepted before is kept and released; a run that improved nothing has failed. */
  async #endEarly(row: ProgrammeRow, transaction: Transaction<HubSchema>, reason: string): Promise<void> {
    const improved = row.base_digest !== startModelDigest(row);
    await this.#options.programmes.setPhase(transaction, row.programme, improved ? 'evaluating' : 'failed', reason);
  }

  async #nextAttempt(
    row: ProgrammeRow,
    round: RoundRow,
    column: 'update_attempt' | 'gate_attempt',
    reason: string,
  ): Promise<void> {
    const { programmes, events } = this.#options;
    await programmes.change(row.programme, async (_, transaction) => {
      await transaction
        .updateTable('round')
        .set({ [column]: round[column] + 1 })
        .where('programme', '=', row.programme)
        .where('round', '=', round.round)
        .execute();
      await events.record(
        'attempt-retried',
        { round: round.round, attempt: round[column] + 1, reason },
        row.programme,
        transaction,
      );
    });
  }

  async #evaluating(row: ProgrammeRow, plan: RunPlan): Promise<boolean> {
    const { database, programmes, clock, releases } = this.#options;
    const scores = await database
      .selectFrom('score')
      .select('organisation')
      .where('programme', '=', row.programme)
      .execute();
    const waitedMs = clock.nowMs() - (row.evaluating_since_ms ?? 0);
    const complete = !plan.publishScores || scores.length >= plan.participants.length;
    // A member that stays away does not hold up the release; the card says whose figures are missing.
    if (!complete && waitedMs < Math.max(60_000, plan.aggregation.graceMs)) return false;
    const name = await releases.write(await programmes.state(row.programme), plan);
    await programmes.change(row.programme, async (_, transaction) => {
      await transaction
        .updateTable('programme')
        .set({ release: name })
        .where('programme', '=', row.programme)
        .execute();
      await programmes.setPhase(transaction, row.programme, 'released');
    });
    return false;
  }

  async #aggregationPlan(
    row: ProgrammeRow,
    plan: RunPlan,
    round: RoundRow,
    instance: string,
    attempt: number,
    kind: 'update' | 'gate',
  ): Promise<AggregationPlan> {
    return {
      version: 1,
      programme: row.programme as ProgrammeId,
      instance,
      attempt,
      roster: await rosterOf(plan, this.#options.members),
      ...plannedThresholds(plan),
      baseDigest: round.base_digest as Sha256Digest,
      wordCount: kind === 'update' ? flatLayout(modelConfigOf(plan)).length : 0,
      bits: plan.aggregation.bits,
      levelLimit: plan.aggregation.levelLimit,
      scalesDigest: round.scales_digest as Sha256Digest,
      scalars: kind === 'update' ? [...updateScalars] : [...gateScalars],
      shardBytes: plan.aggregation.shardBytes,
      prg: 'aes-256-ctr/v1',
      graceMs: plan.aggregation.graceMs,
      // What is asked about: members refuse to answer for another candidate.
      termsDigest: (kind === 'update' ? row.plan_digest : round.candidate_digest) as Sha256Digest,
    };
  }

  async #readFloats(digest: Sha256Digest): Promise<Float32Array> {
    const bytes = await readFile(this.#options.blobs.filePath(digest));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }
}

function startModelDigest(row: ProgrammeRow): string | undefined {
  return row.start_json === null ? undefined : (JSON.parse(row.start_json) as StartArtifacts).model.digest;
}

function reasonOf(verdict: GateVerdict): string {
  return verdict.outcome === 'accepted'
    ? ''
    : `${verdict.reason}: ${verdict.measured.toPrecision(4)} against ${verdict.limit.toPrecision(4)}`;
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** Three times what single updates were so far; in the first round ten times what public training moved. */
function clipNorm(row: ProgrammeRow, blockRms: Float32Array, plan: RunPlan): number {
  if (row.running_norm !== null) return 3 * Math.sqrt(plan.participants.length) * row.running_norm;
  let squares = 0;
  let block = 0;
  for (const { length } of scaleBlocks(flatLayout(modelConfigOf(plan)))) {
    const rms = blockRms[block] ?? 0;
    squares += rms * rms * length;
    block += 1;
  }
  return 10 * Math.max(Math.sqrt(squares), smallestBlockRms);
}
