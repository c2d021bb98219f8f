// SPDX-License-Identifier: Apache-2.0
import type { Clock, Logger } from '@kiban/core';
import {
  type AggregationPlan,
  currentStage,
  type HubEffect,
  type HubEvent,
  type HubState,
  type HubStep,
  refusalToError,
  stepHub,
} from '@kiban/secagg';
import type { Journal } from '@kiban/store-blob';
import { MemberProgress } from './member-progress.ts';
import type { ShardSpool } from './shard-spool.ts';
import { SpoolCheck } from './spool-check.ts';

export interface LiveAttemptParts {
  readonly state: HubState;
  readonly journal: Journal;
  readonly spool: ShardSpool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Does what a step asks for, except to persist. */
  readonly perform: (attempt: LiveAttempt, effect: HubEffect) => Promise<void>;
  /** Told after every step. */
  readonly onStep: () => void;
}

/** One attempt that is not over: its machine, journal and spool. Steps run one after the other, each durable before its effects. */
export class LiveAttempt {
  readonly plan: AggregationPlan;
  readonly journal: Journal;
  readonly spool: ShardSpool;
  readonly check: SpoolCheck;
  readonly progress: MemberProgress;
  maskedBytes = 0;
  summing = false;
  /** Whom the operator was told that the attempt waits for, by stage. */
  toldAwaited = '';
  readonly #parts: LiveAttemptParts;
  #state: HubState;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param parts.spool prepared: what it holds counts as received */
  constructor(parts: LiveAttemptParts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.plan = parts.state.plan;
    this.journal = parts.journal;
    this.spool = parts.spool;
    this.progress = new MemberProgress(parts.clock);
    const { instance, attempt } = this.plan;
    this.check = new SpoolCheck(parts.spool, (member, shard) => {
      this.maskedBytes -= shard.byteLength;
      const path = parts.spool.pathOf(member, shard);
      parts.logger.warn('shard-damaged', { instance, attempt, organisation: member, path });
    });
    for (const { organisation } of this.plan.roster)
      for (const shard of this.spool.held(organisation)) this.maskedBytes += shard.byteLength;
  }

  get state(): HubState {
    return this.#state;
  }

  /** Runs after all that was asked before. */
  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work, work);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** @throws KibanError of the machine's refusal, which changed nothing */
  apply(event: HubEvent): Promise<void> {
    return this.enqueue(async () => {
      const before = currentStage(this.#state);
      const step = await stepHub(this.#state, event);
      if (!step.ok) throw refusalToError(step.refusal);
      await this.run(step);
      if (currentStage(this.#state) !== before) this.progress.beginStage();
    });
  }

  /** Persists a step and does what it asks for. Only from within {@link enqueue}. */
  async run(step: Extract<HubStep, { ok: true }>): Promise<void> {
    for (const effect of step.effects)
      if (effect.type === 'persist') this.journal.append(Buffer.from(effect.record.open(), 'utf8'));
    this.#state = step.state;
    for (const effect of step.effects) if (effect.type !== 'persist') await this.#parts.perform(this, effect);
    this.#parts.onStep();
  }

  /** Once every step that was asked for has ended. */
  async idle(): Promise<void> {
    await this.#queue;
  }
}
