// SPDX-License-Identifier: Apache-2.0
import type { Clock, Logger } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import { type HubEffect, refusalToError, replayHub, startHub } from '@kiban/secagg';
import { openJournal } from '@kiban/store-blob';
import type { AttemptFiles } from './attempt-files.ts';
import { LiveAttempt } from './live-attempt.ts';

export interface LiveAttemptsOptions {
  readonly files: AttemptFiles;
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly perform: (attempt: LiveAttempt, effect: HubEffect) => Promise<void>;
  readonly onStep: () => void;
  /** Runs once an attempt is back from its journal, after the effects of its last step. */
  readonly onLoaded: (attempt: LiveAttempt) => Promise<void>;
}

/** The attempts that are not over, each brought up once from its journal. */
export class LiveAttempts {
  readonly #options: LiveAttemptsOptions;
  readonly #live = new Map<string, LiveAttempt>();
  /** Attempts whose row is stored and whose machine is being brought up: whoever asks meanwhile waits. */
  readonly #loading = new Map<string, Promise<void>>();

  constructor(options: LiveAttemptsOptions) {
    this.#options = options;
  }

  get(instance: string, attempt: number): LiveAttempt | undefined {
    return this.#live.get(keyOf(instance, attempt));
  }

  /** Whether it is still the one that is served. */
  has(attempt: LiveAttempt): boolean {
    return this.get(attempt.plan.instance, attempt.plan.attempt) === attempt;
  }

  all(): Iterable<LiveAttempt> {
    return this.#live.values();
  }

  remove(attempt: LiveAttempt): void {
    this.#live.delete(keyOf(attempt.plan.instance, attempt.plan.attempt));
  }

  /** One machine and one journal per attempt, however many ask at once, at start as later: a second one would forget what the first acknowledged. */
  async load(instance: string, attempt: number, planText: string): Promise<void> {
    const key = keyOf(instance, attempt);
    const loading = this.#loading.get(key);
    if (loading !== undefined) return loading;
    if (this.#live.has(key)) return;
    const load = this.#load(instance, attempt, planText).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  /** Waits for the steps under way, and leaves the journals to the next start. */
  async stop(): Promise<void> {
    for (const live of this.#live.values()) {
      await live.idle();
      live.journal.close();
    }
    this.#live.clear();
  }

  async #load(instance: string, attempt: number, planText: string): Promise<void> {
    const { files, key, clock, logger, perform, onStep, onLoaded } = this.#options;
    const journal = openJournal(files.journalPath(instance, attempt));
    const records = journal.records.map((record) => Buffer.from(record).toString('utf8'));
    const started =
      records.length === 0 ? await startHub({ planText, signKey: key }) : await replayHub(records, { signKey: key });
    if (!started.ok) {
      journal.close();
      throw refusalToError(started.refusal);
    }
    const spool = files.spool(instance, attempt);
    await spool.prepare();
    const live = new LiveAttempt({ state: started.state, journal, spool, clock, logger, perform, onStep });
    this.#live.set(keyOf(instance, attempt), live);
    await live.enqueue(async () => {
      await live.run(started);
      await onLoaded(live);
    });
  }
}

function keyOf(instance: string, attempt: number): string {
  return `${instance}#${attempt}`;
}
