// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError, type Logger, type OrganisationId, type Sha256Digest, sha256Hex } from '@kiban/core';
import { tokenizerFromJson } from '@kiban/corpus';
import type { CardShare, FileReference, HubClient, OpenRound, ProgrammeState } from '@kiban/protocol';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import {
  flatLayout,
  lossTolerance,
  modelConfigOf,
  type RunPlan,
  startTrainer,
  type TokenSource,
  type Trainer,
} from '@kiban/training';
import type { Kysely } from 'kysely';
import type { ActivityBoard } from './activity.ts';
import type { AggregationMember, Contribution } from './aggregation-member.ts';
import { type Approvals, planOf } from './approvals.ts';
import type { NodeConfig } from './config.ts';
import type { DataCards } from './data-cards.ts';
import type { DataSets } from './data-sets.ts';
import { problems } from './problems.ts';
import { type ProgrammeData, prepareProgrammeData } from './programme-data.ts';
import { ProgrammeTrainer, readFloatFile } from './programme-trainer.ts';
import { progressReporter } from './progress-reporter.ts';
import { unexpectedIn } from './round-expectation.ts';
import type { NodeSchema } from './schema.ts';
import { makeStartModel } from './start-model.ts';
import { TokenizerMember } from './tokenizer-member.ts';
import { quantiseUpdate } from './update-making.ts';
import { measureVocabulary } from './vocabulary-measure.ts';

export interface ProgrammeWorkerOptions {
  readonly organisation: OrganisationId;
  readonly config: NodeConfig;
  readonly hub: HubClient;
  readonly aggregation: AggregationMember;
  readonly approvals: Approvals;
  readonly dataSets: DataSets;
  readonly dataCards: DataCards;
  readonly blobs: BlobStore;
  readonly database: Kysely<NodeSchema>;
  readonly events: EventLog;
  readonly activity: ActivityBoard;
  readonly trainer: Trainer;
  readonly noiseKey: Uint8Array;
  /** `DIR/programmes/<id>`, private. */
  readonly directory: string;
  /** All processors, while no other member trains. */
  readonly soloThreadCount: number;
  readonly logger: Logger;
  readonly onReleased: (release: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** {@link unexpectedIn} holds the hub to the quorum of the plan that every steward approved, also where it is lower than the default. */
const approvedLimits = { lowQuorumApproved: true } as const;

interface StoredUpdate {
  readonly wordsDigest: string;
  readonly trainingLoss: number;
  readonly steps: number;
  readonly clippedPerMillion: number;
}

/** Follows one programme at the hub and does this member's part, whatever the state says next; after a crash it simply looks again. */
export class ProgrammeWorker {
  readonly #options: ProgrammeWorkerOptions;
  readonly #tokenizer: TokenizerMember;
  #trainer: ProgrammeTrainer | undefined;
  #prepared: Promise<ProgrammeData> | undefined;
  readonly #done = new Set<string>();
  #programme = '';
  /** What the hub asks for now. */
  #wanted: ReadonlySet<string> = new Set();
  /** Tasks under way, by what they are about. */
  readonly #tasks = new Map<string, AbortController>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ProgrammeWorkerOptions) {
    this.#options = options;
    this.#tokenizer = new TokenizerMember({
      ...options,
      directory: join(options.directory, 'tokenizer'),
      fetch: (file, signal) => this.#fetch(file, signal),
    });
  }

  /** Until the programme is over or the node stops. */
  async follow(programme: string): Promise<void> {
    const { hub, signal, logger } = this.#options;
    this.#programme = programme;
    let version = 0;
    try {
      while (!signal.aborted) {
        let state: ProgrammeState;
        try {
          state = await hub.programme(programme, version, 20_000, signal);
        } catch (error) {
          if (signal.aborted) break;
          logger.warn('hub-call-retried', { programme, code: isKibanError(error) ? error.code : 'unknown' });
          await delay(500, undefined, { signal }).catch(() => undefined);
          continue;
        }
        version = state.version;
        if (await this.#react(state)) break;
      }
    } finally {
      for (const task of this.#tasks.values()) task.abort();
      await Promise.allSettled(this.#running);
      await this.#trainer?.close();
    }
  }

  /** @returns true when there is nothing more to do in this programme. */
  async #react(state: ProgrammeState): Promise<boolean> {
    const approval = await this.#options.approvals.get(state.programme);
    const approved = approval?.decision === 'approve' && approval.planDigest === state.planDigest;
    if (state.phase === 'stopped' || state.phase === 'failed') {
      await this.#keepOnly(new Set());
      await this.#tokenizer.forget();
      return true;
    }
    if (!approved) return state.phase === 'released';
    const plan = planOf(state);
    const share = approval.cardShare;
    const wanted = new Map<string, (signal: AbortSignal) => Promise<void>>();
    const { tokenizerRound } = state;
    if (state.phase === 'tokenizing' && tokenizerRound !== null)
      wanted.set(`${tokenizerRound.instance}#${tokenizerRound.attempt}`, (signal) =>
        this.#tokenizer.takePart(state, plan, tokenizerRound, signal),
      );
    else if (state.agreedTokenizer !== null) await this.#tokenizer.forget();
    if (state.phase === 'preparing' && startTrainer(plan) === this.#options.organisation && state.start === null)
      wanted.set('start', (signal) => this.#makeStart(state, plan, signal));
    if (state.phase === 'running' && state.round !== null) {
      const { round } = state;
      const { update, gate } = round;
      if (update !== null)
        wanted.set(`${update.instance}#${update.attempt}`, (signal) =>
          this.#takePartInUpdate(state, plan, round, update, signal),
        );
      if (gate !== null)
        wanted.set(`${gate.instance}#${gate.attempt}`, (signal) =>
          this.#takePartInGate(state, plan, round, gate, signal),
        );
    }
    if (share !== 'nothing' && (state.phase === 'running' || state.phase === 'evaluating'))
      wanted.set('data-cards', (signal) => this.#shareCards(state, plan, share, signal));
    if (
      state.phase === 'evaluating' &&
      plan.publishScores &&
      !state.scores.some((score) => score.organisation === this.#options.organisation)
    )
      wanted.set('scores', (signal) => this.#publishScores(state, plan, signal));
    if (state.phase === 'released' && state.release !== null) {
      await this.#keepOnly(new Set());
      await this.#options.onReleased(state.release);
      if (share !== 'nothing' && !this.#hasCards(state))
        await this.#shareCards(state, plan, share, this.#options.signal);
      this.#options.activity.idle();
      return true;
    }
    await this.#keepOnly(new Set(wanted.keys()));
    for (const [name, work] of wanted) this.#begin(name, work);
    return false;
  }

  /** What the hub no longer asks for is called off: a round went on without this member, or was retried. */
  async #keepOnly(names: ReadonlySet<string>): Promise<void> {
    this.#wanted = names;
    for (const [name, task] of this.#tasks) if (!names.has(name)) task.abort();
    await this.#forgetTheRest();
  }

  /** Secrets of attempts that nobody asks for, and that no task works on any more, go. */
  async #forgetTheRest(): Promise<void> {
    const { aggregation, logger } = this.#options;
    const isWanted = (instance: string, attempt: number) =>
      this.#wanted.has(`${instance}#${attempt}`) || this.#tasks.has(`${instance}#${attempt}`);
    await aggregation
      .forget(this.#programme, isWanted)
      .catch((error: unknown) => logger.error('journals-not-erased', error, { programme: this.#programme }));
  }

  #begin(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#tasks.has(name) || this.#done.has(name)) return;
    const { logger, signal } = this.#options;
    const controller = new AbortController();
    this.#tasks.set(name, controller);
    const both = AbortSignal.any([signal, controller.signal]);
    const run = async () => {
      for (let waitMs = 250; !both.aborted; waitMs = Math.min(10_000, waitMs * 2)) {
        try {
          await work(both);
          this.#done.add(name);
          return;
        } catch (error) {
          if (both.aborted) return;
          logger.error('task-failed', error, { instance: name });
          await this.#options.events.record('task-failed', {
            task: name,
            code: isKibanError(error) ? error.code : 'internal-error',
          });
          if (isKibanError(error) && !error.retryable && error.status < 500 && error.code !== 'blob-not-found') {
            // A refusal stands until the hub asks for something else.
            this.#done.add(name);
            return;
          }
          await delay(waitMs, undefined, { signal: both }).catch(() => undefined);
        }
      }
    };
    const promise = run().finally(async () => {
      this.#tasks.delete(name);
      this.#running.delete(promise);
      if (controller.signal.aborted && !signal.aborted) await this.#forgetTheRest();
    });
    this.#running.add(promise);
  }

  async #makeStart(state: ProgrammeState, plan: RunPlan, signal: AbortSignal): Promise<void> {
    const { hub, blobs, events, trainer, activity, directory, soloThreadCount } = this.#options;
    const publicFolder = join(directory, 'public');
    await this.#fetch(state.publicCorpus, signal);
    await mkdir(publicFolder, { recursive: true });
    await writeFile(join(publicFolder, 'public.jsonl'), await readFile(blobs.filePath(state.publicCorpus.digest)));
    const { agreedTokenizer: agreed } = state;
    const start = await makeStartModel({
      plan,
      trainer,
      publicFolder,
      tokenizerPath: agreed === null ? undefined : await this.#fetch(agreed.tokenizer, signal),
      workDirectory: join(directory, 'start'),
      threadCount: soloThreadCount,
      activity,
      signal,
    });
    const upload = async (path: string): Promise<FileReference> => {
      const bytes = await readFile(path);
      const digest = sha256Hex(bytes);
      await hub.putBlob(digest, bytes, signal);
      return { digest, byteLength: bytes.byteLength };
    };
    const artifacts = {
      tokenizer: await upload(start.tokenizerPath),
      model: await upload(start.modelPath),
      blockRms: await upload(start.blockRmsPath),
      publicLoss: start.publicLoss,
    };
    await hub.putStart(state.programme, artifacts, signal);
    await events.record('start-model-made', { publicLoss: start.publicLoss }, state.programme);
    activity.idle();
  }

  async #takePartInUpdate(
    state: ProgrammeState,
    plan: RunPlan,
    round: OpenRound,
    instance: { readonly instance: string; readonly attempt: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { aggregation, activity, hub } = this.#options;
    const layout = flatLayout(modelConfigOf(plan));
    const onStep = progressReporter((step, steps) =>
      hub.postProgress(instance.instance, instance.attempt, { step, steps }, signal),
    );
    const { steps } = plan.inner;
    const outcome = await aggregation.run({
      ...instance,
      signal,
      expect: (asked) => unexpectedIn(asked, { state, plan, round, wordCount: layout.length, terms: state.planDigest }),
      limits: approvedLimits,
      contribute: () => this.#makeUpdate(state, plan, round, instance.instance, onStep, signal),
      onShardUploaded: (done, total) => {
        // After a restart many shards are masked again that the hub holds already: they are progress too.
        onStep(steps + done, steps + total);
        activity.set('uploading', done, total, 'shards', { round: round.round });
      },
    });
    await this.#options.events.record(
      outcome === 'opened' ? 'update-counted' : 'attempt-over',
      { round: round.round, attempt: instance.attempt },
      state.programme,
    );
  }

  async #takePartInGate(
    state: ProgrammeState,
    plan: RunPlan,
    round: OpenRound,
    gate: NonNullable<OpenRound['gate']>,
    signal: AbortSignal,
  ): Promise<void> {
    const outcome = await this.#options.aggregation.run({
      instance: gate.instance,
      attempt: gate.attempt,
      signal,
      expect: (asked) => unexpectedIn(asked, { state, plan, round, wordCount: 0, terms: gate.candidate.digest }),
      limits: approvedLimits,
      contribute: () => this.#judgeCandidate(state, plan, round, gate.candidate, signal),
    });
    await this.#options.events.record('candidate-judged', { round: round.round, outcome }, state.programme);
  }

  /** Train, clip, quantise: once per round. Another attempt, or a restart, uses the same file. */
  async #makeUpdate(
    state: ProgrammeState,
    plan: RunPlan,
    round: OpenRound,
    instance: string,
    onStep: (step: number, steps: number) => void,
    signal: AbortSignal,
  ): Promise<Contribution> {
    const { database, directory, activity, events } = this.#options;
    const levelsPath = join(directory, 'rounds', `${round.round}.levels`);
    const known = await database
      .selectFrom('update')
      .select('update_json')
      .where('programme', '=', state.programme)
      .where('round', '=', round.round)
      .executeTakeFirst();
    let update =
      known === undefined || !existsSync(levelsPath) ? undefined : (JSON.parse(known.update_json) as StoredUpdate);
    if (update === undefined) {
      const { training } = await this.#data(state, plan, signal);
      const basePath = await this.#fetch(round.base, signal);
      const scales = await readFloatFile(await this.#fetch(round.scales, signal));
      await mkdir(dirname(levelsPath), { recursive: true });
      const deltaPath = join(directory, 'rounds', 'delta.f32');
      const trained = await this.#programmeTrainer(plan).train({
        round: round.round,
        basePath,
        sources: training,
        deltaPath,
        onStep,
        signal,
      });
      const layout = flatLayout(modelConfigOf(plan));
      const quantised = await quantiseUpdate({
        layout,
        deltaPath,
        levelsPath,
        scales,
        clipNorm: round.clipNorm,
        levelLimit: plan.aggregation.levelLimit,
        noiseKey: this.#options.noiseKey,
        instance,
      });
      update = {
        wordsDigest: quantised.wordsDigest,
        trainingLoss: trained.meanLoss,
        steps: trained.steps,
        clippedPerMillion: Math.round((quantised.clippedCount / layout.length) * 1e6),
      };
      const row = { update_json: JSON.stringify(update) };
      await database
        .insertInto('update')
        .values({ programme: state.programme, round: round.round, ...row })
        .onConflict((conflict) => conflict.columns(['programme', 'round']).doUpdateSet(row))
        .execute();
      await events.record(
        'update-made',
        { round: round.round, trainingLoss: trained.meanLoss, steps: trained.steps },
        state.programme,
      );
      activity.set('waiting', 0, 0, '', { round: round.round });
    }
    const { wordsDigest, trainingLoss, steps, clippedPerMillion } = update;
    return {
      wordsDigest,
      scalars: { trainingLoss: Math.min(255, trainingLoss), steps, clippedPerMillion },
      levelsPath,
    };
  }

  async #judgeCandidate(
    state: ProgrammeState,
    plan: RunPlan,
    round: OpenRound,
    candidate: FileReference,
    signal: AbortSignal,
  ): Promise<Contribution> {
    const { heldOut } = await this.#data(state, plan, signal);
    this.#options.activity.set('evaluating', 0, 1, 'model', { round: round.round });
    const base = await this.#heldOutLoss(plan, round.base, heldOut, signal);
    const next = await this.#heldOutLoss(plan, candidate, heldOut, signal);
    const worse = next - base > 4 * lossTolerance(plan, round.round) ? 1 : 0;
    const bounded = (loss: number) => Math.min(31, loss);
    return {
      wordsDigest: sha256Hex(''),
      scalars: { baseLoss: bounded(base), candidateLoss: bounded(next), worse },
    };
  }

  readonly #losses = new Map<Sha256Digest, number>();

  async #heldOutLoss(
    plan: RunPlan,
    model: FileReference,
    heldOut: readonly TokenSource[],
    signal: AbortSignal,
  ): Promise<number> {
    const known = this.#losses.get(model.digest);
    if (known !== undefined) return known;
    const path = await this.#fetch(model, signal);
    const { nats, tokens } = await this.#programmeTrainer(plan).evaluate(path, heldOut, plan.gate.heldOutTokens);
    const loss = nats / Math.max(1, tokens);
    this.#losses.set(model.digest, loss);
    return loss;
  }

  async #publishScores(state: ProgrammeState, plan: RunPlan, signal: AbortSignal): Promise<void> {
    if (state.start === null || state.base === null) return;
    const { heldOut } = await this.#data(state, plan, signal);
    this.#options.activity.set('evaluating', 0, 1, 'model');
    const all = Number.MAX_SAFE_INTEGER;
    const start = await this.#programmeTrainer(plan).evaluate(
      await this.#fetch(state.start.model, signal),
      heldOut,
      all,
    );
    const base = await this.#programmeTrainer(plan).evaluate(await this.#fetch(state.base, signal), heldOut, all);
    const scores = {
      tokens: base.tokens,
      textBytes: Math.max(1, base.textBytes),
      startNats: start.nats,
      baseNats: base.nats,
      vocabulary: await this.#measureVocabulary(state, signal),
    };
    await this.#options.hub.postScores(state.programme, scores, signal);
    await this.#options.events.record('scores-published', scores, state.programme);
  }

  #hasCards({ dataCards }: ProgrammeState): boolean {
    return dataCards.some(({ card }) => card.organisation === this.#options.organisation);
  }

  /** What the steward let go of the cards of the approved data sets, once they are prepared. */
  async #shareCards(
    state: ProgrammeState,
    plan: RunPlan,
    share: Exclude<CardShare, 'nothing'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { hub, dataCards, events } = this.#options;
    const { cards } = await this.#data(state, plan, signal);
    for (const card of cards) {
      await hub.putDataCard(state.programme, dataCards.shared(card, share), signal);
      await events.record('data-card-shared', { dataSet: card.card.dataSet, share }, state.programme);
    }
  }

  async #measureVocabulary(state: ProgrammeState, signal: AbortSignal) {
    const { approvals, dataSets, config } = this.#options;
    const { agreedTokenizer: agreed } = state;
    if (agreed === null) return null;
    const approval = await approvals.get(state.programme);
    const sets = await Promise.all((approval?.dataSets ?? []).map((id) => dataSets.get(id)));
    const folders = sets.map(({ folder }) => folder);
    const open = async (file: FileReference) =>
      tokenizerFromJson(await readFile(await this.#fetch(file, signal), 'utf8'));
    const tokenizers = { agreed: await open(agreed.tokenizer), publicOnly: await open(agreed.publicOnly) };
    return measureVocabulary(folders, config.training.heldOutPerMille, tokenizers, signal);
  }

  #programmeTrainer(plan: RunPlan): ProgrammeTrainer {
    const { trainer, directory, config, activity, logger } = this.#options;
    this.#trainer ??= new ProgrammeTrainer({
      trainer,
      plan,
      directory: join(directory, 'trainer'),
      threadCount: config.training.threadCount,
      activity,
      logger,
    });
    return this.#trainer;
  }

  /** Token shards of the approved data sets under the programme's tokenizer, made once. */
  #data(state: ProgrammeState, plan: RunPlan, signal: AbortSignal): Promise<ProgrammeData> {
    this.#prepared ??= this.#prepare(state, plan, signal).catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #prepare(state: ProgrammeState, plan: RunPlan, signal: AbortSignal): Promise<ProgrammeData> {
    const { approvals, dataSets, dataCards, config, activity, events, directory } = this.#options;
    const approval = await approvals.get(state.programme);
    if (approval === undefined || state.start === null) throw problems.baseNotTrusted('nothing was approved');
    return prepareProgrammeData({
      programme: state.programme,
      dataSetIds: approval.dataSets,
      tokenizerPath: await this.#fetch(state.start.tokenizer, signal),
      sequenceLength: plan.model.contextLength,
      heldOutPerMille: config.training.heldOutPerMille,
      directory: join(directory, 'data'),
      dataSets,
      dataCards,
      events,
      activity,
      signal,
    });
  }

  /** A file of the programme, checked against its digest. @returns its path here. */
  async #fetch(file: FileReference, signal: AbortSignal): Promise<string> {
    const { blobs, hub } = this.#options;
    if (!blobs.has(file.digest)) await blobs.put(hub.blob(file.digest, signal), file.digest);
    return blobs.filePath(file.digest);
  }
}
