// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Logger, OrganisationId, Sha256Digest } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import type { HeldShards, ProgressReport } from '@kiban/protocol';
import {
  type AggregationPlan,
  currentStage,
  type HubEffect,
  type HubEvent,
  type HubState,
  type HubStep,
  type ListName,
  type MemberStage,
  missingMembers,
  openingStreams,
  openScalars,
  publishedList,
  refusalToError,
  replayHub,
  shardPlace,
  signPlan,
  startHub,
  stepHub,
} from '@kiban/secagg';
import { type Journal, openJournal } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import type { Kysely } from 'kysely';
import { problems } from './problems.ts';
import { ReceptionPlaces } from './reception-places.ts';
import type { HubSchema } from './schema.ts';
import type { ShardBody } from './shard-reception.ts';
import { ShardSpool } from './shard-spool.ts';
import { prepareSumming, sumShardsInWorker } from './shard-summing-worker.ts';
import { requireSpoolSpace } from './spool-space.ts';

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

/** How long a journal record or a message may be outstanding is never a limit here: only progress counts. */
interface LiveAttempt {
  readonly plan: AggregationPlan;
  state: HubState;
  readonly journal: Journal;
  readonly spool: ShardSpool;
  /** Steps of one attempt run one after the other. */
  queue: Promise<unknown>;
  /** When each member last got further: a message, bytes of a shard, a training step. */
  readonly progressAtMs: Map<OrganisationId, { atMs: number; step: number }>;
  stageSinceMs: number;
  maskedBytes: number;
  summing: boolean;
}

export interface AggregationServiceOptions {
  readonly database: Kysely<HubSchema>;
  readonly events: EventLog;
  readonly directory: string;
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after an attempt was opened, aborted or burnt. */
  readonly onOutcome: (programme: string) => void;
}

/** Shards received at the same time, of all attempts together: bounds open files and unfinished writes. */
const mostReceptions = 16;
/** Two shards of each of 32 members, of several attempts. */
const mostWaitingReceptions = 256;

/** Runs the attempts of secure aggregation: journals, spool, lists, liveness. What a sum means is none of its business. */
export class AggregationService {
  readonly #options: AggregationServiceOptions;
  readonly #live = new Map<string, LiveAttempt>();
  /** Attempts whose row is stored and whose machine is being brought up: whoever asks meanwhile waits. */
  readonly #loading = new Map<string, Promise<void>>();
  readonly #receptions = new ReceptionPlaces({ places: mostReceptions, mostWaiting: mostWaitingReceptions });
  readonly #stopping = new AbortController();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: AggregationServiceOptions) {
    this.#options = options;
  }

  /** Brings every attempt that is not over back from its journal, and clears what a crash left of those that are. */
  async start(): Promise<void> {
    const rows = await this.#options.database
      .selectFrom('attempt')
      .selectAll()
      .where('state', 'in', ['open', 'opened'])
      .execute();
    await this.#sweepJournals(new Set(rows.map((row) => `${row.instance}.${row.attempt}.journal`)));
    for (const row of rows) {
      const erased = row.state === 'opened' && !existsSync(this.#journalPath(row.instance, row.attempt));
      if (!erased) await this.#loadOnce(row.instance, row.attempt, row.plan_text);
      // The replay ended with `close`: only the row was not told yet.
      if (!this.#live.has(keyOf(row.instance, row.attempt))) await this.#markClosed(row.instance, row.attempt);
    }
    this.#sweep = setInterval(() => void this.freezeTheSilent(), 250);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#sweep);
    for (const attempt of this.#live.values()) {
      await attempt.queue.catch(() => undefined);
      attempt.journal.close();
    }
    this.#live.clear();
  }

  /** Publishes the plan of a new attempt. Idempotent: a known (instance, attempt) stays as it is. @throws KibanError `spool-too-small` */
  async open(plan: AggregationPlan): Promise<void> {
    const { database, clock, key, directory } = this.#options;
    if ((await this.#row(plan.instance, plan.attempt)) === undefined) await requireSpoolSpace(directory, plan);
    const planText = signPlan(plan, key);
    await database
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
        opened_at_ms: clock.nowMs(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await this.#row(plan.instance, plan.attempt);
    if (row?.state === 'open') await this.#bringUp(plan.instance, plan.attempt, row.plan_text);
  }

  async outcome(instance: string, attempt: number): Promise<AttemptOutcome> {
    const row = await this.#row(instance, attempt);
    if (row === undefined) return { state: 'open' };
    if (row.state === 'opened')
      return {
        state: 'opened',
        sum: {
          survivors: JSON.parse(row.survivors_json ?? '[]') as OrganisationId[],
          scalars: JSON.parse(row.scalars_json ?? '{}') as Record<string, number>,
          maskedBytes: row.masked_bytes,
          sumPath: this.#spool(instance, attempt).sumPath,
        },
      };
    if (row.state === 'aborted') return { state: 'aborted', reason: row.reason };
    if (row.state === 'burnt') return { state: 'burnt', reason: row.reason };
    return { state: 'open' };
  }

  /** The result is committed elsewhere: secrets and spool may go. The row first, so that a crash leaves only files to sweep. */
  async close(instance: string, attempt: number): Promise<void> {
    await this.#markClosed(instance, attempt);
    const live = this.#live.get(keyOf(instance, attempt));
    if (live === undefined) {
      await this.#spool(instance, attempt).erase();
      return;
    }
    await this.#apply(live, { type: 'close' }).catch(async (error: unknown) => {
      // After a crash the machine may not know of its sum; what it holds is of no more use either way.
      this.#options.logger.error('attempt-closed-by-force', error, { instance, attempt });
      await this.#perform(live, { type: 'erase' });
    });
  }

  async abandon(instance: string, attempt: number, code: string): Promise<void> {
    const live = this.#live.get(keyOf(instance, attempt));
    if (live !== undefined) await this.#apply(live, { type: 'abandon', code });
  }

  async plan(instance: string, attempt: number, organisation: OrganisationId): Promise<string> {
    const row = await this.#row(instance, attempt);
    if (row === undefined || !rosterOf(row.plan_text).includes(organisation))
      throw problems.notFound(`instance ${instance}`);
    return row.plan_text;
  }

  /** The list's text for this member; waits up to `waitMs`. Undefined: not yet. @throws KibanError `attempt-over` (410) */
  async list(
    instance: string,
    attempt: number,
    list: ListName,
    organisation: OrganisationId,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    await this.plan(instance, attempt, organisation);
    return this.#options.events.waitFor(
      async () => {
        const live = await this.#require(instance, attempt);
        return publishedList(live.state, 'aborted', organisation) ?? publishedList(live.state, list, organisation);
      },
      waitMs,
      signal,
    );
  }

  async receive(
    instance: string,
    attempt: number,
    from: OrganisationId,
    stage: MemberStage,
    text: string,
  ): Promise<void> {
    await this.plan(instance, attempt, from);
    const live = await this.#require(instance, attempt);
    const durableShards =
      stage === 'manifest'
        ? live.spool.held(from).map((shard) => ({
            n: shard.shard,
            length: shard.byteLength,
            sha256: shard.sha256,
          }))
        : undefined;
    await this.#apply(live, { type: 'message-received', from, stage, text, durableShards });
    this.#progressed(live, from);
  }

  /**
   * Takes a shard in as it arrives; durable when this ends. Bytes that arrive count as progress of the member.
   * @throws KibanError `shard-refused` (409 another digest, 410 too late, 422 not what the plan or the sender announced), `receptions-full`
   */
  async putShard(
    instance: string,
    attempt: number,
    from: OrganisationId,
    shard: number,
    body: ShardBody,
  ): Promise<'stored' | 'held'> {
    await this.plan(instance, attempt, from);
    const live = await this.#require(instance, attempt);
    const expected = shardPlace(live.plan, shard);
    if (expected === undefined) throw problems.shardRefused(`the plan has no shard ${shard}`, 422);
    if (body.byteLength !== expected.length)
      throw problems.shardRefused(`shard ${shard} has ${body.byteLength} bytes; the plan says ${expected.length}`, 422);
    const requireOpen = () => {
      if (!this.#live.has(keyOf(instance, attempt))) throw problems.attemptOver('closed');
      if (publishedList(live.state, 'survivors', from) !== undefined)
        throw problems.shardRefused('the survivors are fixed', 410);
    };
    requireOpen();
    if (live.spool.holds(from, shard, body.sha256)) return 'held';
    const leave = await this.#receptions.take();
    try {
      this.#progressed(live, from);
      const onBytes = () => this.#progressed(live, from);
      const stored = await live.spool.receive(from, shard, body, { onBytes, beforeNaming: requireOpen });
      if (stored === 'stored') live.maskedBytes += body.byteLength;
      this.#progressed(live, from);
      return stored;
    } finally {
      leave();
    }
  }

  async heldShards(instance: string, attempt: number, from: OrganisationId): Promise<HeldShards> {
    await this.plan(instance, attempt, from);
    const live = await this.#require(instance, attempt);
    return { shards: live.spool.held(from) };
  }

  async progress(instance: string, attempt: number, from: OrganisationId, report: ProgressReport): Promise<void> {
    const live = this.#live.get(keyOf(instance, attempt));
    if (live === undefined) return;
    const known = live.progressAtMs.get(from);
    // Another step than before, not only a later one: a member that was restarted begins again at an earlier checkpoint.
    if (report.step !== known?.step)
      live.progressAtMs.set(from, { atMs: this.#options.clock.nowMs(), step: report.step });
  }

  /** Whoever made no progress for the plan's grace is left behind, if the quorum is met without them. */
  async freezeTheSilent(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    for (const live of this.#live.values()) {
      const stage = currentStage(live.state);
      const missing = missingMembers(live.state);
      if (stage === undefined || missing.length === 0) continue;
      const silent = missing.every(
        (member) => nowMs - Math.max(live.stageSinceMs, live.progressAtMs.get(member)?.atMs ?? 0) > live.plan.graceMs,
      );
      if (!silent) continue;
      await this.#apply(live, { type: 'freeze', stage }).catch((error: unknown) => {
        // Below the quorum nothing is frozen: the round waits for its members, and nothing is lost.
        live.stageSinceMs = nowMs;
        this.#options.logger.warn('members-awaited', {
          instance: live.plan.instance,
          attempt: live.plan.attempt,
          stage,
          count: missing.length,
          code: String((error as { code?: unknown }).code ?? 'unknown'),
        });
      });
    }
  }

  #progressed(live: LiveAttempt, from: OrganisationId): void {
    const step = live.progressAtMs.get(from)?.step ?? -1;
    live.progressAtMs.set(from, { atMs: this.#options.clock.nowMs(), step });
  }

  async #bringUp(instance: string, attempt: number, planText: string): Promise<LiveAttempt> {
    await this.#loadOnce(instance, attempt, planText);
    const live = this.#live.get(keyOf(instance, attempt));
    if (live === undefined) throw problems.attemptOver('closed');
    return live;
  }

  /** One machine and one journal per attempt, however many ask at once, at start as later: a second one would forget what the first acknowledged. */
  async #loadOnce(instance: string, attempt: number, planText: string): Promise<void> {
    const key = keyOf(instance, attempt);
    const loading = this.#loading.get(key);
    if (loading !== undefined) return loading;
    if (this.#live.has(key)) return;
    const load = this.#load(instance, attempt, planText).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  async #load(instance: string, attempt: number, planText: string): Promise<void> {
    const { key, clock } = this.#options;
    const journal = openJournal(this.#journalPath(instance, attempt));
    const records = journal.records.map((record) => Buffer.from(record).toString('utf8'));
    const started =
      records.length === 0 ? await startHub({ planText, signKey: key }) : await replayHub(records, { signKey: key });
    if (!started.ok) {
      journal.close();
      throw refusalToError(started.refusal);
    }
    const spool = this.#spool(instance, attempt);
    await spool.prepare();
    const live: LiveAttempt = {
      plan: started.state.plan,
      state: started.state,
      journal,
      spool,
      queue: Promise.resolve(),
      progressAtMs: new Map(),
      stageSinceMs: clock.nowMs(),
      maskedBytes: 0,
      summing: false,
    };
    this.#live.set(keyOf(instance, attempt), live);
    for (const member of live.plan.roster)
      for (const shard of spool.held(member.organisation)) live.maskedBytes += shard.byteLength;
    await this.#enqueue(live, async () => {
      await this.#run(live, started);
      await this.#catchUp(live);
    });
  }

  /** A replay repeats the last step's effects alone: what an earlier step asked for and the files do not show yet is done here. */
  async #catchUp(live: LiveAttempt): Promise<void> {
    const { aborted, opened, sumDigest } = live.state;
    const { instance, attempt } = live.plan;
    if ((await this.#row(instance, attempt))?.state !== 'open') return;
    if (aborted !== undefined)
      await this.#perform(live, { type: 'abort', code: aborted.code, names: aborted.names, burnt: aborted.burnt });
    else if (opened !== undefined && sumDigest === undefined) await this.#perform(live, { type: 'ready-to-open' });
  }

  #apply(live: LiveAttempt, event: HubEvent): Promise<void> {
    return this.#enqueue(live, async () => {
      const before = currentStage(live.state);
      const step = await stepHub(live.state, event);
      if (!step.ok) throw refusalToError(step.refusal);
      await this.#run(live, step);
      if (currentStage(live.state) !== before) live.stageSinceMs = this.#options.clock.nowMs();
    });
  }

  #enqueue<T>(live: LiveAttempt, work: () => Promise<T>): Promise<T> {
    const next = live.queue.then(work, work);
    live.queue = next.catch(() => undefined);
    return next;
  }

  async #run(live: LiveAttempt, step: Extract<HubStep, { ok: true }>): Promise<void> {
    for (const effect of step.effects)
      if (effect.type === 'persist') live.journal.append(Buffer.from(effect.record.open(), 'utf8'));
    live.state = step.state;
    for (const effect of step.effects) await this.#perform(live, effect);
    this.#options.events.wake();
  }

  async #perform(live: LiveAttempt, effect: HubEffect): Promise<void> {
    const { events } = this.#options;
    const { instance, attempt, programme } = live.plan;
    switch (effect.type) {
      case 'persist':
        return;
      case 'publish':
        if (effect.list === 'confirms' && live.plan.wordCount > 0) prepareSumming();
        return events.record('list-published', { instance, attempt, list: effect.list }, programme);
      case 'ready-to-open':
        if (!live.summing) {
          live.summing = true;
          void this.#sumUntilWritten(live);
        }
        return;
      case 'abort':
        await this.#settle(
          live,
          effect.burnt ? 'burnt' : 'aborted',
          `${effect.code}${effect.names.length > 0 ? `: ${effect.names.join(', ')}` : ''}`,
        );
        return events.record(
          'attempt-aborted',
          { instance, attempt, code: effect.code, names: effect.names, burnt: effect.burnt },
          programme,
        );
      case 'erase':
        this.#live.delete(keyOf(instance, attempt));
        await live.journal.erase();
        await live.spool.erase();
        return;
    }
  }

  /** Sum, then the scalars, then the row; only then the machine hears of it. Done again from the spool after a crash, with the same bits. */
  async #sum(live: LiveAttempt): Promise<void> {
    const { plan } = live;
    const { survivors, words } = openingStreams(live.state);
    let sumDigest: string = '0'.repeat(64);
    if (plan.wordCount > 0) {
      const shardPaths: string[][] = [];
      for (const survivor of survivors)
        shardPaths.push(live.spool.held(survivor).map((shard) => live.spool.pathOf(survivor, shard)));
      sumDigest = await sumShardsInWorker({ plan, shardPaths, streams: words.open(), sumPath: live.spool.sumPath });
    }
    const scalars = Object.fromEntries(
      Object.entries(openScalars(live.state)).map(([name, scalar]) => [name, scalar.value]),
    );
    await this.#options.database
      .updateTable('attempt')
      .set({
        state: 'opened',
        survivors_json: JSON.stringify(survivors),
        scalars_json: JSON.stringify(scalars),
        masked_bytes: live.maskedBytes,
      })
      .where('instance', '=', plan.instance)
      .where('attempt', '=', plan.attempt)
      .execute();
    await this.#apply(live, { type: 'sum-written', sumDigest: sumDigest as Sha256Digest });
    await this.#options.events.record(
      'sum-opened',
      { instance: plan.instance, attempt: plan.attempt, members: survivors, maskedBytes: live.maskedBytes },
      plan.programme,
    );
    this.#options.onOutcome(plan.programme);
  }

  /** A full disk may have room again: the spool is whole, so the sum is tried until it is there. */
  async #sumUntilWritten(live: LiveAttempt): Promise<void> {
    const { instance, attempt } = live.plan;
    const { signal } = this.#stopping;
    for (let waitMs = 1_000; this.#live.get(keyOf(instance, attempt)) === live; waitMs = Math.min(30_000, waitMs * 2)) {
      try {
        return await this.#sum(live);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.logger.error('sum-failed', error, { instance, attempt });
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #settle(live: LiveAttempt, state: 'aborted' | 'burnt', reason: string): Promise<void> {
    await this.#options.database
      .updateTable('attempt')
      .set({ state, reason })
      .where('instance', '=', live.plan.instance)
      .where('attempt', '=', live.plan.attempt)
      .execute();
    this.#options.onOutcome(live.plan.programme);
  }

  async #require(instance: string, attempt: number): Promise<LiveAttempt> {
    const live = this.#live.get(keyOf(instance, attempt));
    if (live !== undefined) return live;
    const row = await this.#row(instance, attempt);
    if (row?.state === 'open') return this.#bringUp(instance, attempt, row.plan_text);
    throw problems.attemptOver(row?.reason || row?.state || 'unknown');
  }

  #row(instance: string, attempt: number) {
    return this.#options.database
      .selectFrom('attempt')
      .selectAll()
      .where('instance', '=', instance)
      .where('attempt', '=', attempt)
      .executeTakeFirst();
  }

  async #markClosed(instance: string, attempt: number): Promise<void> {
    await this.#options.database
      .updateTable('attempt')
      .set({ state: 'closed' })
      .where('instance', '=', instance)
      .where('attempt', '=', attempt)
      .where('state', '=', 'opened')
      .execute();
  }

  /** Journals of attempts that are over hold secrets that nobody needs. */
  async #sweepJournals(keep: ReadonlySet<string>): Promise<void> {
    const folder = join(this.#options.directory, 'journals');
    const names = existsSync(folder) ? await readdir(folder) : [];
    for (const name of names) if (!keep.has(name)) await rm(join(folder, name), { force: true });
  }

  #journalPath(instance: string, attempt: number): string {
    return join(this.#options.directory, 'journals', `${instance}.${attempt}.journal`);
  }

  #spool(instance: string, attempt: number): ShardSpool {
    return new ShardSpool(join(this.#options.directory, 'spool', instance, String(attempt)));
  }
}

function keyOf(instance: string, attempt: number): string {
  return `${instance}#${attempt}`;
}

function rosterOf(planText: string): OrganisationId[] {
  const envelope = JSON.parse(planText) as { body: string };
  const plan = JSON.parse(envelope.body) as AggregationPlan;
  return plan.roster.map((member) => member.organisation);
}
