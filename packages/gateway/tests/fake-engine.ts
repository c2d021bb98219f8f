// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SeededRandom } from '@kiban/core';
import {
  type ChatFormat,
  contextLengthExceeded,
  engineUnavailable,
  type GenerationEvent,
  type GenerationInput,
  type GenerationRequest,
  type InferenceEngine,
  type ModelDescription,
  modelNotFound,
  type PromptSegment,
  promptEmpty,
  promptTokenInvalid,
  renderChatPrompt,
  SlotQueue,
  StopStrings,
  splitSpecials,
} from '../src/index.ts';

export const format: ChatFormat = {
  template:
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|eot|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
  beginToken: '<|begin|>',
  specialTokens: ['<|pad|>', '<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>', '<|tool|>', '<|eot|>'],
};

const firstLetter = 0x3041;
const letterCount = 80;

/**
 * A model without weights: a token is a control token or a character, and each next character is drawn from a generator seeded by the
 * prompt (and by the seed unless greedy). Prompts that hold `short` are answered with two characters.
 */
export class FakeEngine implements InferenceEngine {
  readonly #models: readonly ModelDescription[];
  readonly #queue = new SlotQueue({ slots: 2, maximumWaiting: 3 });
  readonly #closing = new AbortController();
  /** Generations between their first step and their end. */
  running = 0;
  /** Prompts as they were fed. */
  readonly prompts: (readonly PromptSegment[])[] = [];
  /** Waits for this before each token. */
  beforeToken: (step: number) => Promise<void> = async () => nextTurn();

  constructor(models: readonly Partial<ModelDescription>[] = [{}]) {
    this.#models = models.map((model) => ({
      id: 'kiban/fake',
      createdAtSeconds: 1_790_000_000,
      ownedBy: 'kiban',
      contextLength: 64,
      ...model,
    }));
  }

  listModels(): readonly ModelDescription[] {
    return this.#closing.signal.aborted ? [] : this.#models;
  }

  async *generate(request: GenerationRequest): AsyncGenerator<GenerationEvent> {
    request.signal?.throwIfAborted();
    if (this.#closing.signal.aborted) throw engineUnavailable();
    const model = this.#models.find((candidate) => candidate.id === request.model);
    if (model === undefined) throw modelNotFound(request.model);
    const prompt = toSegments(request.input.open());
    const promptTokens = countTokens(prompt);
    if (promptTokens === 0) throw promptEmpty();
    if (promptTokens >= model.contextLength) throw contextLengthExceeded(promptTokens, model.contextLength);
    const release = await this.#queue.acquire(request.signal);
    this.running += 1;
    this.prompts.push(prompt);
    try {
      yield* this.#tokens(request, prompt, promptTokens, model.contextLength);
    } finally {
      this.running -= 1;
      release();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(engineUnavailable());
    this.#queue.close();
  }

  async *#tokens(
    request: GenerationRequest,
    prompt: readonly PromptSegment[],
    promptTokens: number,
    contextLength: number,
  ): AsyncGenerator<GenerationEvent> {
    const text = JSON.stringify(prompt);
    const greedy = request.temperature === 0 || (request.topP ?? 1) < 0.01;
    const random = new SeededRandom(greedy ? text : `${text} ${request.seed ?? 0}`);
    const maximum = Math.min(request.maximumTokens ?? Number.POSITIVE_INFINITY, contextLength - promptTokens);
    const wanted = text.includes('short') ? 2 : Number.POSITIVE_INFINITY;
    const stops = new StopStrings(request.stop ?? []);
    const finished = (finishReason: 'stop' | 'length', completionTokens: number) =>
      ({ kind: 'finished', finishReason, promptTokens, completionTokens }) as const;
    for (let step = 1; step <= maximum; step += 1) {
      await this.beforeToken(step);
      request.signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      if (step > wanted) {
        const rest = stops.flush();
        if (rest !== '') yield { kind: 'text', text: rest };
        yield finished('stop', step);
        return;
      }
      const piece = stops.push(String.fromCharCode(firstLetter + random.below(letterCount)));
      if (piece.text !== '') yield { kind: 'text', text: piece.text };
      if (piece.stopped) {
        yield finished('stop', step);
        return;
      }
    }
    const rest = stops.flush();
    if (rest !== '') yield { kind: 'text', text: rest };
    yield finished('length', maximum);
  }
}

function toSegments(input: GenerationInput): readonly PromptSegment[] {
  switch (input.kind) {
    case 'chat':
      return renderChatPrompt(format, input.messages);
    case 'text':
      if (input.parseSpecials === true) return splitSpecials(input.text, format.specialTokens);
      return [
        { kind: 'special', name: '<|begin|>' },
        { kind: 'text', text: input.text },
      ];
    case 'tokens':
      return input.tokens.map((token) => {
        if (!Number.isInteger(token) || token < 0 || token >= 100) throw promptTokenInvalid(100);
        return { kind: 'text', text: String.fromCharCode(firstLetter + token) };
      });
  }
}

function countTokens(prompt: readonly PromptSegment[]): number {
  return prompt.reduce((sum, segment) => sum + (segment.kind === 'special' ? 1 : [...segment.text].length), 0);
}
