// SPDX-License-Identifier: Apache-2.0
import type { GenerationInput } from './inference-engine.ts';
import { refuseUnsupported } from './parameter-support.ts';
import { invalidValue, missingParameter, unsupportedParameter } from './request-problems.ts';
import { type Body, readSamplingParameters, readTokenLimit, type SamplingParameters } from './sampling-parameters.ts';

export interface CompletionRequest extends SamplingParameters {
  readonly input: GenerationInput;
  readonly maximumTokens: number;
}

/** OpenAI's default for this endpoint. */
const defaultMaximumTokens = 16;

/** The body of `POST /v1/completions`: one prompt, as text (control tokens stay text) or as token ids. @throws KibanError with the parameter's name. */
export function parseCompletionRequest(body: Body): CompletionRequest {
  if ((body.prompt ?? undefined) === undefined) throw missingParameter('prompt');
  refuseUnsupported(body, 'completion');
  return {
    ...readSamplingParameters(body),
    input: parsePrompt(body.prompt),
    maximumTokens: readTokenLimit(body, 'max_tokens') ?? defaultMaximumTokens,
  };
}

function parsePrompt(prompt: unknown): GenerationInput {
  if (typeof prompt === 'string') return { kind: 'text', text: prompt };
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.every((item) => typeof item === 'number')) return { kind: 'tokens', tokens: prompt };
    const [only] = prompt as unknown[];
    if (prompt.length > 1) {
      throw unsupportedParameter('prompt', {
        ja: '1 回のリクエストにつき 1 つにしてください。',
        en: 'Send one prompt per request.',
      });
    }
    if (typeof only === 'string' || Array.isArray(only)) return parsePrompt(only);
  }
  throw invalidValue('prompt', {
    ja: '文字列、またはトークン ID の配列にしてください。',
    en: 'give a string or an array of token ids.',
  });
}
