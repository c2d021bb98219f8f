// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isKibanError, type Logger } from '@kiban/core';
import type { FederatedSession, LearningRateSchedule, RunPlan, TokenSource, Trainer } from '@kiban/training';
import { adamwSchema, modelConfigOf } from '@kiban/training';
import type { ActivityBoard } from './activity.ts';

export interface ProgrammeTrainerOptions {
  readonly trainer: Trainer;
  readonly plan: RunPlan;
  /** Private to this node and programme. */
  readonly directory: string;
  readonly threadCount: number;
  readonly activity: ActivityBoard;
  readonly logger: Logger;
}

export interface RoundTraining {
  readonly round: number;
  readonly basePath: string;
  readonly sources: readonly TokenSource[];
  readonly deltaPath: string;
  readonly onStep?: (step: number, steps: number) => void;
  readonly signal: AbortSignal;
}

/**
 * One trainer session for all rounds of a programme. The optimiser's moments stay at the member from round to round; after a crash of the
 * trainer or the node the round is done again from the moments of the round before, with the same bytes as a result.
 */
export class ProgrammeTrainer {
  readonly #options: ProgrammeTrainerOptions;
  #session: FederatedSession | undefined;
  /** Round whose training the moments in memory belong to. */
  #momentsRound = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ProgrammeTrainerOptions) {
    this.#options = options;
  }

  /** Trains a round and writes the update before clipping. @returns mean loss over the steps, nats per token. */
  train(training: RoundTraining): Promise<{ readonly meanLoss: number; readonly steps: number }> {
    const { plan, directory, activity } = this.#options;
    return this.#exclusively(async () => {
      const session = await this.#sessionAfter(training.round - 1);
      await session.load(training.basePath);
      const outcome = await session.run(
        {
          firstStep: (training.round - 1) * plan.inner.steps,
          stepCount: plan.inner.steps,
          schedule: innerSchedule(plan),
          seed: `${plan.seed}/${plan.programme}`,
          sources: training.sources,
        },
        {
          signal: training.signal,
          onProgress: ({ step, loss }) => {
            activity.set('training-round', step, plan.inner.steps, 'steps', { round: training.round, loss });
            training.onStep?.(step, plan.inner.steps);
          },
        },
      );
      training.signal.throwIfAborted();
      await session.writeDelta(training.deltaPath);
      await mkdir(directory, { recursive: true });
      await session.saveCheckpoint(this.#momentsPath(training.round));
      this.#momentsRound = training.round;
      await this.#dropOldMoments(training.round);
      return { meanLoss: outcome.meanLoss, steps: outcome.stepsDone };
    });
  }

  /** Held-out loss of a model; the moments are untouched. */
  evaluate(modelPath: string, sources: readonly TokenSource[], maximumTokens: number) {
    return this.#exclusively(async () => {
      const session = this.#session ?? (await this.#open());
      await session.load(modelPath);
      return session.evaluate({ sources, maximumTokens });
    });
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#session?.close();
    this.#session = undefined;
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const guarded = async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await work();
        } catch (error) {
          // Whatever went wrong, the state of the session is in doubt: the next call starts from the files.
          await this.#session?.close().catch(() => undefined);
          this.#session = undefined;
          if (!isKibanError(error) || error.code !== 'trainer-died' || attempt >= 3) throw error;
          this.#options.logger.warn('trainer-restarted', {
            programme: this.#options.plan.programme,
            code: error.code,
            count: attempt,
          });
        }
      }
    };
    const next = this.#queue.then(guarded, guarded);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  async #sessionAfter(round: number): Promise<FederatedSession> {
    if (this.#session !== undefined && this.#momentsRound === round) return this.#session;
    const session = this.#session ?? (await this.#open());
    const latest = (await this.#storedMoments()).filter((stored) => stored <= round).at(-1);
    if (latest === undefined) await session.resetMoments();
    else await session.resumeCheckpoint(this.#momentsPath(latest));
    return session;
  }

  async #open(): Promise<FederatedSession> {
    const { trainer, plan, directory, threadCount } = this.#options;
    this.#session = await trainer.open({
      kind: 'federated',
      model: modelConfigOf(plan),
      adamw: adamwSchema.parse({}),
      batchSize: plan.inner.batchSize,
      sequenceLength: plan.model.contextLength,
      threadCount,
      workDirectory: directory,
    });
    this.#momentsRound = -1;
    return this.#session;
  }

  /** The round before is kept: it is where a repeat of this round starts. */
  async #dropOldMoments(round: number): Promise<void> {
    for (const stored of await this.#storedMoments())
      if (stored < round - 1) await rm(this.#momentsPath(stored), { force: true });
  }

  async #storedMoments(): Promise<number[]> {
    const names = existsSync(this.#options.directory) ? await readdir(this.#options.directory) : [];
    return names
      .flatMap((name) => (/^moments-(\d+)\.ckpt$/.exec(name) ? [Number(name.slice(8, -5))] : []))
      .sort((a, b) => a - b);
  }

  #momentsPath(round: number): string {
    return join(this.#options.directory, `moments-${round}.ckpt`);
  }
}

/** Learning rate over the whole run, whatever rounds are rejected. */
export function innerSchedule(plan: RunPlan): LearningRateSchedule {
  return {
    peak: plan.inner.peakLearningRate,
    warmupSteps: plan.inner.warmupSteps,
    totalSteps: plan.inner.steps * plan.rounds,
    finalFraction: plan.inner.finalLearningRateFraction,
  };
}

/** Little-endian float32 values of a file. */
export async function readFloatFile(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
