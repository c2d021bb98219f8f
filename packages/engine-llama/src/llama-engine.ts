// SPDX-License-Identifier: Apache-2.0
import { type Clock, type Logger, systemClock } from '@kiban/core';
import {
  engineUnavailable,
  type GenerationEvent,
  type GenerationRequest,
  type InferenceEngine,
  type ModelDescription,
  modelNotFound,
} from '@kiban/gateway';
import { getLlama, type Llama, LlamaLogLevel } from 'node-llama-cpp';
import { LoadedModel, type ModelLimits, type ModelToLoad } from './loaded-model.ts';
import { settlesWithin } from './within-time.ts';

export interface LlamaEngineOptions {
  readonly models: readonly ModelToLoad[];
  /** Threads spin while they compute: leave out those that a trainer uses. At least 1. */
  readonly threadCount: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Per model; default 2. */
  readonly parallelSequences?: number;
  /** Per model, beyond those that run; default 32. */
  readonly maximumWaiting?: number;
}

/** llama.cpp in this process, on the CPU. Models come and go while it runs. */
export interface LlamaEngine extends InferenceEngine {
  /**
   * Loads a model; one of the same name is replaced once the new one is ready: requests that came before are still answered by the old one.
   * @throws KibanError model-file-invalid, model-not-supported, engine-unavailable; what was served is served on.
   */
  addModel(model: ModelToLoad): Promise<void>;
  /** From now on the model is not found; resolves when what ran and waited is answered and the memory is free. */
  removeModel(id: string): Promise<void>;
}

/** @throws KibanError if a model cannot be loaded; nothing stays behind. */
export async function createLlamaEngine(options: LlamaEngineOptions): Promise<LlamaEngine> {
  const engine = new InProcessLlama(await startLlama(options), options);
  try {
    for (const model of options.models) await engine.addModel(model);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** Only the prebuilt CPU library from npm is used: nothing is built or downloaded. */
export async function startLlama(options: Pick<LlamaEngineOptions, 'threadCount' | 'logger'>): Promise<Llama> {
  return getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: options.threadCount,
    logLevel: LlamaLogLevel.error,
    logger: (level, message) =>
      options.logger.warn('llama-message', { code: level, reason: message.trim().slice(0, 500) }),
  });
}

class InProcessLlama implements LlamaEngine {
  readonly #llama: Llama;
  readonly #limits: ModelLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #models = new Map<string, LoadedModel>();
  /** Replaced and removed models that still answer. */
  readonly #leaving = new Set<LoadedModel>();
  #closed: Promise<void> | undefined;

  constructor(llama: Llama, options: LlamaEngineOptions) {
    this.#llama = llama;
    this.#limits = {
      threadCount: options.threadCount,
      parallelSequences: options.parallelSequences ?? 2,
      maximumWaiting: options.maximumWaiting ?? 32,
    };
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
  }

  listModels(): readonly ModelDescription[] {
    return [...this.#models.values()].map((model) => model.description);
  }

  async *generate(request: GenerationRequest): AsyncGenerator<GenerationEvent> {
    request.signal?.throwIfAborted();
    if (this.#closed !== undefined) throw engineUnavailable();
    const model = this.#models.get(request.model);
    if (model === undefined) throw modelNotFound(request.model);
    yield* model.generate(request);
  }

  async addModel(wanted: ModelToLoad): Promise<void> {
    if (this.#closed !== undefined) throw engineUnavailable();
    const startedAtMs = this.#clock.nowMs();
    const loaded = await LoadedModel.load(this.#llama, wanted, this.#limits, startedAtMs);
    if (this.#closed !== undefined) {
      await loaded.close(2000);
      throw engineUnavailable();
    }
    const former = this.#models.get(wanted.id);
    this.#models.set(wanted.id, loaded);
    this.#logger.info('model-loaded', { path: wanted.ggufPath, durationMs: this.#clock.nowMs() - startedAtMs });
    if (former !== undefined) void this.#retire(former);
  }

  async removeModel(id: string): Promise<void> {
    const model = this.#models.get(id);
    if (model === undefined) return;
    this.#models.delete(id);
    await this.#retire(model);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const models = [...this.#models.values(), ...this.#leaving];
    this.#models.clear();
    const freed = await Promise.all(models.map((model) => model.close(5000)));
    const inTime = await settlesWithin(this.#llama.dispose(), 2000);
    if (!inTime || freed.includes(false)) this.#logger.warn('engine-close-timed-out');
  }

  async #retire(model: LoadedModel): Promise<void> {
    this.#leaving.add(model);
    await model.drain();
    this.#leaving.delete(model);
  }
}
