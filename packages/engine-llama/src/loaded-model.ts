// SPDX-License-Identifier: Apache-2.0
import { isKibanError } from '@kiban/core';
import {
  contextLengthExceeded,
  engineUnavailable,
  type GenerationEvent,
  type GenerationRequest,
  type ModelDescription,
  promptEmpty,
  SlotQueue,
  StopStrings,
} from '@kiban/gateway';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { type ModelFile, readModelFile } from './model-file.ts';
import { toPromptTokens } from './prompt-tokens.ts';
import { settlesWithin } from './within-time.ts';

export interface ModelToLoad {
  readonly id: string;
  readonly ggufPath: string;
  /** Prompt and answer together; default, and at most, what the model was trained for. */
  readonly contextLength?: number;
  readonly ownedBy?: string;
  /** Default: now. */
  readonly createdAtSeconds?: number;
}

export interface ModelLimits {
  readonly threadCount: number;
  /** Generations that run at once, in one batch. */
  readonly parallelSequences: number;
  readonly maximumWaiting: number;
}

/** One GGUF in memory with its context and its queue. */
export class LoadedModel {
  readonly description: ModelDescription;
  readonly #file: ModelFile;
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #queue: SlotQueue;
  /** As many as the queue has slots. */
  readonly #idle: LlamaContextSequence[];
  readonly #closing = new AbortController();
  /** Waiting, running, or with events that the consumer has not taken. */
  readonly #unfinished = new Set<Promise<void>>();
  /** Inside llama.cpp at this moment; memory must not be freed under them. */
  readonly #computing = new Set<Promise<unknown>>();

  private constructor(description: ModelDescription, file: ModelFile, context: LlamaContext, limits: ModelLimits) {
    this.description = description;
    this.#file = file;
    this.#model = context.model;
    this.#context = context;
    this.#queue = new SlotQueue({ slots: limits.parallelSequences, maximumWaiting: limits.maximumWaiting });
    this.#idle = Array.from({ length: limits.parallelSequences }, () => context.getSequence());
  }

  /** @throws KibanError model-file-invalid, model-not-supported, or engine-unavailable if llama.cpp cannot load it. */
  static async load(llama: Llama, wanted: ModelToLoad, limits: ModelLimits, nowMs: number): Promise<LoadedModel> {
    const file = await readModelFile(wanted.ggufPath);
    const contextLength = Math.min(wanted.contextLength ?? file.contextLength, file.contextLength);
    const description: ModelDescription = {
      id: wanted.id,
      createdAtSeconds: wanted.createdAtSeconds ?? Math.floor(nowMs / 1000),
      ownedBy: wanted.ownedBy ?? 'kiban',
      contextLength,
    };
    let model: LlamaModel | undefined;
    try {
      model = await llama.loadModel({ modelPath: wanted.ggufPath, gpuLayers: 0 });
      const context = await model.createContext({
        contextSize: contextLength,
        sequences: limits.parallelSequences,
        threads: limits.threadCount,
      });
      return new LoadedModel(description, file, context, limits);
    } catch (error) {
      if (model !== undefined) await settlesWithin(model.dispose(), 2000);
      throw engineUnavailable(error);
    }
  }

  async *generate(request: GenerationRequest): AsyncGenerator<GenerationEvent> {
    const prompt = toPromptTokens(request.input.open(), {
      id: this.description.id,
      file: this.#file,
      tokenizePlain: (text) => this.#model.tokenize(text, false),
    });
    const { contextLength } = this.description;
    if (prompt.length === 0) throw promptEmpty();
    if (prompt.length >= contextLength) throw contextLengthExceeded(prompt.length, contextLength);
    const ended = Promise.withResolvers<void>();
    this.#unfinished.add(ended.promise);
    try {
      yield* this.#inSlot(prompt as Token[], request);
    } catch (error) {
      if (error === request.signal?.reason || isKibanError(error)) throw error;
      throw engineUnavailable(error);
    } finally {
      this.#unfinished.delete(ended.promise);
      ended.resolve();
    }
  }

  /** Lets what runs and waits come to its end, then frees the memory. */
  async drain(): Promise<void> {
    while (this.#unfinished.size > 0) await Promise.all(this.#unfinished);
    await this.close(10_000);
  }

  /** Ends what runs between two tokens, then frees the memory; gives up waiting after the limit. */
  async close(limitMs: number): Promise<boolean> {
    this.#closing.abort(engineUnavailable());
    this.#queue.close();
    const freed = async () => {
      // Not for the unfinished: a consumer that takes no more would hold them forever. They find out when it asks again.
      await Promise.allSettled(this.#computing);
      await this.#context.dispose();
      await this.#model.dispose();
    };
    return settlesWithin(freed(), limitMs);
  }

  async *#inSlot(prompt: Token[], request: GenerationRequest): AsyncGenerator<GenerationEvent> {
    const release = await this.#queue.acquire(request.signal);
    const sequence = this.#idle.pop()!;
    try {
      yield* this.#write(sequence, prompt, request);
    } finally {
      try {
        if (!this.#closing.signal.aborted) await this.#compute(sequence.clearHistory());
      } finally {
        this.#idle.push(sequence);
        release();
      }
    }
  }

  async *#write(
    sequence: LlamaContextSequence,
    prompt: Token[],
    request: GenerationRequest,
  ): AsyncGenerator<GenerationEvent> {
    const room = this.description.contextLength - prompt.length;
    const maximum = Math.min(request.maximumTokens ?? room, room);
    const stops = new StopStrings(request.stop ?? []);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let count = 0;
    let finishReason: 'stop' | 'length' = 'length';
    const sampled = sequence.evaluate(prompt, {
      temperature: request.temperature ?? 1,
      topP: request.topP ?? 1,
      topK: 0,
      minP: 0,
      seed: request.seed ?? 0,
      yieldEogToken: true,
    });
    for await (const token of this.#counted(sampled)) {
      request.signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      count += 1;
      if (this.#file.closingTokens.has(token) || this.#model.isEogToken(token)) {
        finishReason = 'stop';
        break;
      }
      const { text, stopped } = stops.push(decoder.decode(this.#file.vocabulary.bytesOf(token), { stream: true }));
      if (text !== '') yield { kind: 'text', text };
      // A consumer may have aborted before it asked for more.
      request.signal?.throwIfAborted();
      if (stopped) finishReason = 'stop';
      if (stopped || count >= maximum) break;
    }
    // Bytes of a character that the end of the answer cut off stay in the decoder.
    const rest = stops.flush();
    if (rest !== '') yield { kind: 'text', text: rest };
    yield { kind: 'finished', finishReason, promptTokens: prompt.length, completionTokens: count };
  }

  /** The same tokens; each step counts as computing. */
  async *#counted(tokens: AsyncGenerator<Token, void>): AsyncGenerator<Token, void> {
    try {
      for (;;) {
        const step = await this.#compute(tokens.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await tokens.return();
    }
  }

  async #compute<T>(work: Promise<T>): Promise<T> {
    this.#computing.add(work);
    try {
      return await work;
    } finally {
      this.#computing.delete(work);
    }
  }
}
