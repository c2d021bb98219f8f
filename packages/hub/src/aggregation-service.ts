// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import type { Clock, Logger, OrganisationId } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import type { HeldShards, ProgressReport } from '@kiban/protocol';
import {
  type AggregationPlan,
  type HubEffect,
  type ListName,
  type MemberStage,
  publishedList,
  signPlan,
} from '@kiban/secagg';
import type { EventLog } from '@kiban/store-sql';
import type { Kysely } from 'kysely';
import { AttemptFiles } from './attempt-files.ts';
import { type AttemptOutcome, AttemptStore } from './attempt-store.ts';
import type { LiveAttempt } from './live-attempt.ts';
import { LiveAttempts } from './live-attempts.ts';
import { problems } from './problems.ts';
import type { HubSchema } from './schema.ts';
import { ShardIntake, shardsForManifest } from './shard-intake.ts';
import type { ShardBody } from './shard-reception.ts';
import { prepareSumming } from './shard-summing-worker.ts';
import { freezeTheSilent } from './silent-members.ts';
import { requireSpoolSpace } from './spool-space.ts';
import { openSum } from './sum-opening.ts';

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

/** Holds the attempts of secure aggregation that are not over and does what their machines ask for. What a sum means is none of its business. */
export class AggregationService {
  readonly #options: AggregationServiceOptions;
  readonly #store: AttemptStore;
  readonly #files: AttemptFiles;
  readonly #intake = new ShardIntake();
  readonly #live: LiveAttempts;
  readonly #stopping = new AbortController();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: AggregationServiceOptions) {
    this.#options = options;
    this.#store = new AttemptStore(options.database);
    this.#files = new AttemptFiles(options.directory);
    this.#live = new LiveAttempts({
      files: this.#files,
      key: options.key,
      clock: options.clock,
      logger: options.logger,
      perform: (live, effect) => this.#perform(live, effect),
      onStep: () => options.events.wake(),
      onLoaded: (live) => this.#catchUp(live),
    });
  }

  /** Brings every attempt that is not over back from its journal, and clears what a crash left of those that are. */
  async start(): Promise<void> {
    const rows = await this.#store.unfinished();
    await this.#files.sweep(rows);
    for (const row of rows) {
      const erased = row.state === 'opened' && !existsSync(this.#files.journalPath(row.instance, row.attempt));
      if (!erased) await this.#live.load(row.instance, row.attempt, row.plan_text);
      // The replay ended with `close`: only the row was not told yet.
      if (this.#live.get(row.instance, row.attempt) === undefined)
        await this.#store.markClosed(row.instance, row.attempt);
    }
    let looking = false;
    this.#sweep = setInterval(() => {
      if (looking) return;
      looking = true;
      void this.freezeTheSilent().finally(() => {
        looking = false;
      });
    }, 250);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#sweep);
    await this.#live.stop();
  }

  /** Publishes the plan of a new attempt. Idempotent: a known (instance, attempt) stays as it is. @throws KibanError `spool-too-small` */
  async open(plan: AggregationPlan): Promise<void> {
    const { clock, key, directory } = this.#options;
    const { instance, attempt } = plan;
    if ((await this.#store.row(instance, attempt)) === undefined) await requireSpoolSpace(directory, plan);
    await this.#store.add(plan, signPlan(plan, key), clock.nowMs());
    const row = await this.#store.row(instance, attempt);
    if (row?.state === 'open') await this.#bringUp(instance, attempt, row.plan_text);
  }

  outcome(instance: string, attempt: number): Promise<AttemptOutcome> {
    return this.#store.outcome(instance, attempt, this.#files.spool(instance, attempt).sumPath);
  }

  /** The result is committed elsewhere: secrets and spool may go. The row first, so that a crash leaves only files to sweep. */
  async close(instance: string, attempt: number): Promise<void> {
    await this.#store.markClosed(instance, attempt);
    const live = this.#live.get(instance, attempt);
    if (live === undefined) {
      await this.#files.spool(instance, attempt).erase();
      return;
    }
    await live.apply({ type: 'close' }).catch(async (error: unknown) => {
      // After a crash the machine may not know of its sum; what it holds is of no more use either way.
      this.#options.logger.error('attempt-closed-by-force', error, { instance, attempt });
      await this.#perform(live, { type: 'erase' });
    });
  }

  async abandon(instance: string, attempt: number, code: string): Promise<void> {
    await this.#live.get(instance, attempt)?.apply({ type: 'abandon', code });
  }

  /** The programme is over: nothing of it is opened any more, and nothing of it stays. */
  async endProgramme(programme: string): Promise<void> {
    for (const { plan } of [...this.#live.all()].filter((live) => live.plan.programme === programme)) {
      // A sum that is opened already can only be closed.
      await this.abandon(plan.instance, plan.attempt, 'programme-over').catch(() => undefined);
      await this.close(plan.instance, plan.attempt);
    }
  }

  async plan(instance: string, attempt: number, organisation: OrganisationId): Promise<string> {
    const row = await this.#store.row(instance, attempt);
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
    await this.#requireOnRoster(instance, attempt, organisation);
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
    await this.#requireOnRoster(instance, attempt, from);
    const live = await this.#require(instance, attempt);
    const durableShards = stage === 'manifest' ? await shardsForManifest(live, from) : undefined;
    await live.apply({ type: 'message-received', from, stage, text, durableShards });
    live.progress.heard(from);
  }

  /** Takes a shard in as it arrives; see {@link ShardIntake.put}. */
  async putShard(
    instance: string,
    attempt: number,
    from: OrganisationId,
    shard: number,
    body: ShardBody,
  ): Promise<'stored' | 'held'> {
    await this.#requireOnRoster(instance, attempt, from);
    const live = await this.#require(instance, attempt);
    return this.#intake.put(live, from, shard, body, () => this.#live.has(live));
  }

  async heldShards(instance: string, attempt: number, from: OrganisationId): Promise<HeldShards> {
    await this.#requireOnRoster(instance, attempt, from);
    const live = await this.#require(instance, attempt);
    await live.check.member(from);
    return { shards: live.spool.held(from) };
  }

  async progress(instance: string, attempt: number, from: OrganisationId, report: ProgressReport): Promise<void> {
    this.#live.get(instance, attempt)?.progress.reported(from, report.step);
  }

  /** In every attempt: whoever made no progress for the plan's grace is left behind, if the quorum is met without them. */
  async freezeTheSilent(): Promise<void> {
    const { events, logger } = this.#options;
    for (const live of this.#live.all()) await freezeTheSilent(live, events, logger);
  }

  /** What is live is looked at in memory: this happens with every request. @throws KibanError `not-found` */
  async #requireOnRoster(instance: string, attempt: number, organisation: OrganisationId): Promise<void> {
    const roster = this.#live.get(instance, attempt)?.plan.roster;
    if (!roster?.some((member) => member.organisation === organisation))
      await this.plan(instance, attempt, organisation);
  }

  async #require(instance: string, attempt: number): Promise<LiveAttempt> {
    const live = this.#live.get(instance, attempt);
    if (live !== undefined) return live;
    const row = await this.#store.row(instance, attempt);
    if (row?.state === 'open') return this.#bringUp(instance, attempt, row.plan_text);
    throw problems.attemptOver(row?.reason || row?.state || 'unknown');
  }

  async #bringUp(instance: string, attempt: number, planText: string): Promise<LiveAttempt> {
    await this.#live.load(instance, attempt, planText);
    const live = this.#live.get(instance, attempt);
    if (live === undefined) throw problems.attemptOver('closed');
    return live;
  }

  /** A replay repeats the last step's effects alone: what an earlier step asked for and the files do not show yet is done here. */
  async #catchUp(live: LiveAttempt): Promise<void> {
    const { aborted, opened, sumDigest } = live.state;
    const { instance, attempt } = live.plan;
    if ((await this.#store.row(instance, attempt))?.state !== 'open') return;
    if (aborted !== undefined) await this.#perform(live, { type: 'abort', ...aborted });
    else if (opened !== undefined && sumDigest === undefined) await this.#perform(live, { type: 'ready-to-open' });
  }

  async #perform(live: LiveAttempt, effect: HubEffect): Promise<void> {
    const { events, logger, onOutcome } = this.#options;
    const { instance, attempt, programme } = live.plan;
    switch (effect.type) {
      case 'persist':
        return;
      case 'publish':
        if (effect.list === 'confirms' && live.plan.wordCount > 0) prepareSumming();
        return events.record('list-published', { instance, attempt, list: effect.list }, programme);
      case 'ready-to-open':
        if (live.summing) return;
        live.summing = true;
        void openSum(live, {
          store: this.#store,
          events,
          logger,
          isLive: (one) => this.#live.has(one),
          onOpened: onOutcome,
          stopping: this.#stopping.signal,
        });
        return;
      case 'abort': {
        const { code, names, burnt } = effect;
        const reason = `${code}${names.length > 0 ? `: ${names.join(', ')}` : ''}`;
        await this.#store.markEnded(live.plan, burnt ? 'burnt' : 'aborted', reason);
        onOutcome(programme);
        return events.record('attempt-aborted', { instance, attempt, code, names, burnt }, programme);
      }
      case 'erase':
        this.#live.remove(live);
        await live.journal.erase();
        await live.spool.erase();
        return;
    }
  }
}

function rosterOf(planText: string): OrganisationId[] {
  const envelope = JSON.parse(planText) as { body: string };
  const plan = JSON.parse(envelope.body) as AggregationPlan;
  return plan.roster.map((member) => member.organisation);
}
