// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import type { AnswerShape, Finish } from './answer-shapes.ts';
import { toErrorAnswer } from './error-body.ts';
import { EventStream } from './event-stream.ts';
import type { GenerationEvent, InferenceEngine } from './inference-engine.ts';
import { engineUnavailable } from './inference-problems.ts';

/** Collects the whole answer. Errors are thrown before anything is written. */
export async function answerWhole(events: AsyncIterable<GenerationEvent>, shape: AnswerShape): Promise<object> {
  let text = '';
  for await (const event of events) {
    if (event.kind === 'text') text += event.text;
    else return shape.whole(text, toFinish(event));
  }
  throw engineUnavailable();
}

export interface StreamingOptions {
  readonly includeUsage: boolean;
  readonly signal: AbortSignal;
  readonly language: 'ja' | 'en';
}

/**
 * Streams the answer. Nothing is written before the engine's first event, so that a refusal still gets its own status; it is thrown.
 * Returns the failure that ended the stream after that, if one did; the client has been told.
 */
export async function answerStreaming(
  events: ReturnType<InferenceEngine['generate']>,
  shape: AnswerShape,
  response: ServerResponse,
  options: StreamingOptions,
): Promise<unknown> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  const stream = new EventStream(response, options.signal);
  const usageMember = options.includeUsage ? { usage: null } : {};
  const send = (choices: readonly object[]) => stream.send({ ...shape.chunk(choices), ...usageMember });
  try {
    if (shape.opening !== undefined) await send(shape.opening);
    for (let step = first; step.done !== true; step = await iterator.next()) {
      const event = step.value;
      if (event.kind === 'text') {
        await send(shape.textChoices(event.text));
        continue;
      }
      const { finishReason, usage } = toFinish(event);
      await send(shape.finishChoices(finishReason));
      if (options.includeUsage) await stream.send({ ...shape.chunk([]), usage });
      await stream.done();
      return undefined;
    }
    throw engineUnavailable();
  } catch (error) {
    stream.fail(toErrorAnswer(error, options.language).body);
    return error;
  } finally {
    await iterator.return?.();
  }
}

function toFinish(event: GenerationEvent & { readonly kind: 'finished' }): Finish {
  return {
    finishReason: event.finishReason,
    usage: {
      prompt_tokens: event.promptTokens,
      completion_tokens: event.completionTokens,
      total_tokens: event.promptTokens + event.completionTokens,
    },
  };
}
