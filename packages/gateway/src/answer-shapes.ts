// SPDX-License-Identifier: Apache-2.0

export type FinishReason = 'stop' | 'length';

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export interface Finish {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

/** The two endpoints differ only in these objects. */
export interface AnswerShape {
  whole(text: string, finish: Finish): object;
  /** Choices of the chunk before all text, if the endpoint has one. */
  readonly opening: readonly object[] | undefined;
  textChoices(text: string): readonly object[];
  finishChoices(reason: FinishReason): readonly object[];
  chunk(choices: readonly object[]): object;
}

/** Identical in every chunk of one answer. */
export interface AnswerIdentity {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly model: string;
}

export function chatShape(identity: AnswerIdentity): AnswerShape {
  const head = { id: identity.id, created: identity.createdAtSeconds, model: identity.model };
  const choice = (delta: object, reason: FinishReason | null) => [
    { index: 0, delta, logprobs: null, finish_reason: reason },
  ];
  return {
    whole: (text, { finishReason, usage }) => ({
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs: null,
          finish_reason: finishReason,
        },
      ],
      usage,
    }),
    opening: choice({ role: 'assistant', content: '' }, null),
    textChoices: (text) => choice({ content: text }, null),
    finishChoices: (reason) => choice({}, reason),
    chunk: (choices) => ({ ...head, object: 'chat.completion.chunk', choices }),
  };
}

export function completionShape(identity: AnswerIdentity): AnswerShape {
  const head = {
    id: identity.id,
    object: 'text_completion',
    created: identity.createdAtSeconds,
    model: identity.model,
  };
  const choice = (text: string, reason: FinishReason | null) => [
    { index: 0, text, logprobs: null, finish_reason: reason },
  ];
  return {
    whole: (text, { finishReason, usage }) => ({ ...head, choices: choice(text, finishReason), usage }),
    opening: undefined,
    textChoices: (text) => choice(text, null),
    finishChoices: (reason) => choice('', reason),
    chunk: (choices) => ({ ...head, choices }),
  };
}
