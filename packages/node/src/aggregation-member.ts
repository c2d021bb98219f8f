// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError, type Logger, type OrganisationId, systemRandom } from '@kiban/core';
import { type SigningKey, type VerifyKey, verifyKeyFromSpki } from '@kiban/crypto';
import type { HubClient } from '@kiban/protocol';
import {
  type AggregationPlan,
  type AttemptMark,
  awaitedList,
  checkPlan,
  type ListName,
  type MemberEffect,
  type MemberEvent,
  type MemberState,
  type MemberStep,
  maskingStreams,
  type PlanLimits,
  readPlan,
  refusalToError,
  replayMember,
  type ShardDigest,
  startMember,
  stepMember,
} from '@kiban/secagg';
import { type Journal, openJournal } from '@kiban/store-blob';
import type { Kysely } from 'kysely';
import { attemptJournalPath, eraseJournals } from './attempt-journals.ts';
import { type MaskedShard, MaskingPool } from './masking-pool.ts';
import { problems } from './problems.ts';
import { pauseMs } from './retry-pause.ts';
import type { NodeSchema } from './schema.ts';
import { uploadShards } from './shard-uploading.ts';

/** What a member adds to one sum: levels from a file (none for a scalar-only instance) and its scalars. */
export interface Contribution {
  /** Hex SHA-256 of the levels. */
  readonly wordsDigest: string;
  readonly scalars: Readonly<Record<string, number>>;
  /**
   * One signed byte per word in flat order, or four bytes (little-endian) where the plan's limit is above 127; absent for an instance without
   * words. The file stays as it is until the sum is opened.
   */
  readonly levelsPath?: string;
}

export interface AggregationMemberOptions {
  readonly hub: HubClient;
  /** The hub's key as pinned at joining, SPKI base64. */
  readonly hubKey: string;
  readonly organisation: OrganisationId;
  readonly roundKey: SigningKey;
  readonly database: Kysely<NodeSchema>;
  /** Journals of attempts: secrets, mode 0600. */
  readonly directory: string;
  readonly logger: Logger;
  /** Threads that mask; one thread of its own if not given. Whoever gives it closes it. */
  readonly masking?: MaskingPool;
}

export interface InstanceTask {
  readonly instance: string;
  readonly attempt: number;
  /** What this instance must be about; anything else is refused before a key is drawn. */
  readonly expect: (plan: AggregationPlan) => string | undefined;
  /** What was approved beyond, or within, the rules of the protocol. */
  readonly limits?: PlanLimits;
  /** Called once masks are agreed; called again after a crash. Must give the same contribution for the same instance. */
  readonly contribute: () => Promise<Contribution>;
  readonly onShardUploaded?: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

export type InstanceOutcome = 'opened' | 'over';

const pollMs = 20_000;
/** Times that one shard may arrive with other bytes than were sent. */
const mostCorrupted = 4;

/** Takes part in one attempt of secure aggregation: journal, network and masks around the pure machine. */
export class AggregationMember {
  readonly #options: AggregationMemberOptions;
  readonly #hubKey: VerifyKey;
  readonly #masking: MaskingPool;

  constructor(options: AggregationMemberOptions) {
    this.#options = options;
    this.#masking = options.masking ?? new MaskingPool({ workerCount: 1 });
    this.#hubKey = verifyKeyFromSpki(options.hubKey);
  }

  /** Runs until the sum is opened or the attempt is over. Resumes from the journal if there is one. */
  async run(task: InstanceTask): Promise<InstanceOutcome> {
    const attempt = new RunningAttempt(this.#options, this.#hubKey, this.#masking, task);
    try {
      const outcome = await attempt.run();
      // Nothing of this attempt can be asked for any more; the lasting marks stay.
      await attempt.erase();
      return outcome;
    } finally {
      attempt.close();
    }
  }

  /** Erases what is left of the programme's attempts that are over without this member: see {@link eraseJournals}. Those that run are wanted. */
  forget(programme: string, isWanted: (instance: string, attempt: number) => boolean): Promise<void> {
    return eraseJournals(this.#options.directory, programme, isWanted);
  }
}

class RunningAttempt {
  readonly #options: AggregationMemberOptions;
  readonly #hubKey: VerifyKey;
  readonly #masking: MaskingPool;
  readonly #task: InstanceTask;
  #journal: Journal | undefined;
  #state: MemberState | undefined;
  #contribution: Contribution | undefined;

  constructor(options: AggregationMemberOptions, hubKey: VerifyKey, masking: MaskingPool, task: InstanceTask) {
    this.#options = options;
    this.#hubKey = hubKey;
    this.#masking = masking;
    this.#task = task;
  }

  async run(): Promise<InstanceOutcome> {
    const { signal } = this.#task;
    this.#journal = openJournal(this.#journalPath(this.#task.attempt));
    if ((await this.#perform(await this.#start())) === 'over') return 'over';
    for (;;) {
      signal.throwIfAborted();
      const list = awaitedList(this.#state as MemberState);
      if (list === undefined) return 'opened';
      const text = await this.#poll(list);
      if (text === 'over') return 'over';
      if (text === undefined) continue;
      const outcome = await this.#apply({ type: 'list-received', list, text });
      if (outcome === 'over') return 'over';
    }
  }

  close(): void {
    this.#journal?.close();
    this.#journal = undefined;
  }

  async erase(): Promise<void> {
    const journal = this.#journal;
    this.#journal = undefined;
    await journal?.erase();
  }

  async #start(): Promise<MemberStep> {
    const { hub, database, organisation, roundKey } = this.#options;
    const { instance, attempt, signal } = this.#task;
    const records = this.#journal!.records.map((record) => Buffer.from(record).toString('utf8'));
    const identity = { organisation, signKey: roundKey };
    if (records.length > 0)
      return replayMember(records, { hubPublicKey: this.#hubKey, identity, random: systemRandom });
    const planText = await this.#retrying(() => hub.aggregationList(instance, attempt, 'plan', pollMs, signal));
    if (planText === undefined) throw problems.baseNotTrusted(`no plan for ${instance}`);
    const opened = readPlan(planText, this.#hubKey);
    if (!opened.ok) throw refusalToError(opened.refusal);
    if (opened.plan.instance !== instance || opened.plan.attempt !== attempt)
      throw problems.baseNotTrusted(`another plan than ${instance}`);
    const fault = this.#task.expect(opened.plan);
    if (fault !== undefined) throw problems.baseNotTrusted(fault);
    const { limits } = this.#task;
    const faults = checkPlan(opened.plan, limits);
    if (faults.length > 0) throw refusalToError(faults[0]!);
    const rows = await database.selectFrom('mark').selectAll().where('instance', '=', instance).execute();
    const marks = rows.map((row) => ({ ...row }) as AttemptMark);
    return startMember({ planText, hubPublicKey: this.#hubKey, identity, random: systemRandom, marks, limits });
  }

  async #apply(event: MemberEvent): Promise<'ok' | 'over'> {
    const step = await stepMember(this.#state as MemberState, event);
    if (!step.ok && step.refusal.code.includes('abort')) return 'over';
    return this.#perform(step);
  }

  /** Durable first, then the rest in order; the new state counts once its records are on disk. */
  async #perform(step: MemberStep): Promise<'ok' | 'over'> {
    if (!step.ok) throw refusalToError(step.refusal);
    this.#state = step.state;
    let result: 'ok' | 'over' = 'ok';
    for (const effect of step.effects) {
      this.#task.signal.throwIfAborted();
      if ((await this.#effect(effect)) === 'over') result = 'over';
    }
    return result;
  }

  async #effect(effect: MemberEffect): Promise<'ok' | 'over'> {
    const { hub, database } = this.#options;
    const { instance, attempt, signal } = this.#task;
    switch (effect.type) {
      case 'persist':
        this.#journal!.append(Buffer.from(effect.record.open(), 'utf8'));
        return 'ok';
      case 'mark':
        await database
          .insertInto('mark')
          .values({ ...effect.mark })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        return 'ok';
      case 'send': {
        const sent = await this.#retrying(async () => {
          try {
            await hub.putMessage(instance, attempt, effect.stage, effect.text, signal);
            return 'ok' as const;
          } catch (error) {
            // Too late for this stage is final and harmless: the member still helps to open.
            if (isKibanError(error) && error.status === 410) return 'ok' as const;
            // The hub's disk lost shards: the same bytes go there again, and the same manifest after them.
            const lacks = effect.stage === 'manifest' && isKibanError(error) && error.code === 'shards-differ';
            if (lacks && (await this.#maskAndSend()).sent > 0) throw problems.shardsSentAgain();
            throw error;
          }
        });
        return sent;
      }
      case 'train': {
        if (this.#state!.plan.wordCount > 0) this.#masking.start();
        this.#contribution = await this.#task.contribute();
        const { wordsDigest, scalars } = this.#contribution;
        return await this.#apply({ type: 'update-ready', wordsDigest, scalars });
      }
      case 'upload':
        return this.#upload();
      case 'erase':
        if (effect.attempt === attempt) await this.erase();
        else await openJournal(this.#journalPath(effect.attempt)).erase();
        return 'ok';
    }
  }

  async #upload(): Promise<'ok' | 'over'> {
    const { plan } = this.#state as MemberState;
    const shards = plan.wordCount === 0 ? [] : (await this.#maskAndSend()).shards;
    return shards === 'over' ? 'ok' : this.#apply({ type: 'shards-uploaded', shards });
  }

  /** @returns the digests of all shards, and how many the hub did not hold; `over` when it takes no more */
  async #maskAndSend(): Promise<{ readonly shards: readonly ShardDigest[] | 'over'; readonly sent: number }> {
    const { hub } = this.#options;
    const { instance, attempt, signal, onShardUploaded } = this.#task;
    const state = this.#state as MemberState;
    if (this.#contribution === undefined) {
      this.#contribution = await this.#task.contribute();
      // Another update under masks that were used would give both away: the machine refuses it.
      await this.#apply({ type: 'update-ready', ...this.#contribution });
    }
    const { levelsPath } = this.#contribution;
    if (levelsPath === undefined) throw new TypeError(`instance ${instance} has words, its contribution has none`);
    const held = await this.#retrying(() => orOver(() => hub.heldShards(instance, attempt, signal)));
    if (held === 'over') return { shards: 'over', sent: 0 };
    const manifest = state.journal.open().uploaded?.shards;
    let sent = 0;
    const shards = await uploadShards({
      plan: state.plan,
      streams: maskingStreams(state),
      levelsPath,
      pool: this.#masking,
      held: held.shards,
      put: (shard) => {
        if (manifest !== undefined && manifest[shard.n]?.sha256 !== shard.sha256)
          throw problems.updateChanged(instance);
        sent += 1;
        return this.#putShard(shard);
      },
      onUploaded: (done, total) => onShardUploaded?.(done, total),
    });
    return { shards, sent };
  }
  /** A shard that arrives corrupted again and again is this machine's fault: then it is sent no more. */
  async #putShard(shard: MaskedShard): Promise<'stored' | 'over'> {
    const { instance, attempt, signal } = this.#task;
    let corrupted = 0;
    const put = async () => {
      try {
        await this.#options.hub.putShard(instance, attempt, shard.n, shard, signal);
        return 'stored' as const;
      } catch (error) {
        if (isKibanError(error) && error.code === 'shard-corrupted') corrupted += 1;
        if (corrupted > mostCorrupted) throw problems.uploadCorrupted(instance);
        throw error;
      }
    };
    return this.#retrying(() => orOver(put));
  }

  async #poll(list: ListName): Promise<string | 'over' | undefined> {
    const { hub } = this.#options;
    const { instance, attempt, signal } = this.#task;
    return this.#retrying(() => orOver(() => hub.aggregationList(instance, attempt, list, pollMs, signal)));
  }

  /** A hub that is away comes back: retryable faults are tried again until the task is called off, not before the hub asked for. */
  async #retrying<T>(work: () => Promise<T>): Promise<T> {
    for (let waitMs = 100; ; waitMs = Math.min(5_000, waitMs * 2)) {
      try {
        return await work();
      } catch (error) {
        if (this.#task.signal.aborted || !isKibanError(error) || !error.retryable) throw error;
        this.#options.logger.warn('hub-call-retried', { instance: this.#task.instance, code: error.code });
        await delay(pauseMs(error, waitMs), undefined, { signal: this.#task.signal });
      }
    }
  }

  #journalPath(attempt: number): string {
    return attemptJournalPath(this.#options.directory, this.#task.instance, attempt);
  }
}

/** 410 is no fault: the hub takes no more of it. */
async function orOver<T>(work: () => Promise<T>): Promise<T | 'over'> {
  try {
    return await work();
  } catch (error) {
    if (isKibanError(error) && error.status === 410) return 'over';
    throw error;
  }
}
