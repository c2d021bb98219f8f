// SPDX-License-Identifier: Apache-2.0
import type { Sealed } from '@kiban/core';

/** One model that an engine serves now. */
export interface ModelDescription {
  /** Exact name used in requests; may hold `/`. Unique within an engine. */
  readonly id: string;
  /** Seconds since 1970-01-01T00:00:00Z, when this version was made or loaded. */
  readonly createdAtSeconds: number;
  readonly ownedBy: string;
  /** Prompt and completion together, in tokens. */
  readonly contextLength: number;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** The participant's name; a template may use it. */
  readonly name?: string;
}

/**
 * What the model reads.
 * - `chat`: rendered with the model's own template, answer prefix included. Control tokens typed inside a message stay plain text.
 * - `text`: plain text after the begin token if the model wants one. With `parseSpecials` the text is a prompt rendered by
 *   the caller: names of control tokens become control tokens and no begin token is added. Never pass a user's text that way.
 * - `tokens`: ids, fed as they are.
 */
export type GenerationInput =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'text'; readonly text: string; readonly parseSpecials?: boolean }
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] };

export interface GenerationRequest {
  readonly model: string;
  readonly input: Sealed<GenerationInput>;
  /** At least 1. Absent, or more than fits: up to the end of the context. */
  readonly maximumTokens?: number;
  /** 0 is greedy; default 1. */
  readonly temperature?: number;
  /** Nucleus, 0 to 1; default 1 (off). Without meaning when greedy. */
  readonly topP?: number;
  /** Unsigned 32 bits; default 0. The same request with the same seed on an otherwise idle engine gives the same text. */
  readonly seed?: number;
  /** Generation ends before the first of these; they are not part of the text. None may be empty. */
  readonly stop?: readonly string[];
  readonly signal?: AbortSignal;
}

export type GenerationEvent =
  /** Never empty, never cut inside a character. */
  | { readonly kind: 'text'; readonly text: string }
  /** Exactly one, last. `completionTokens` counts every sampled token, the closing one included. */
  | {
      readonly kind: 'finished';
      /** `stop`: the model closed its turn or a stop string came up. `length`: maximum or context reached. */
      readonly finishReason: 'stop' | 'length';
      readonly promptTokens: number;
      readonly completionTokens: number;
    };

/**
 * The inference port. Calls may run concurrently; an engine queues a bounded number and refuses the rest.
 *
 * `generate` fails with the errors of `inference-problems.ts`: model-not-found, context-length-exceeded, prompt-empty,
 * chat-template-missing, engine-busy (all before the first event), engine-unavailable (at any time). On abort it throws the signal's
 * reason. Work stops, and the place is given back, on abort and when the consumer leaves its loop.
 */
export interface InferenceEngine {
  listModels(): readonly ModelDescription[];
  generate(request: GenerationRequest): AsyncIterable<GenerationEvent>;
  /** Ends what runs and frees memory; may be called twice. Bounded in time. */
  close(): Promise<void>;
}
