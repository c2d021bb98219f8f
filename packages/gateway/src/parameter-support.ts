// SPDX-License-Identifier: Apache-2.0
import { unsupportedParameter } from './request-problems.ts';
import type { Body } from './sampling-parameters.ts';

/** Values that ask for nothing beyond the ordinary answer. */
const empty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const never = (): boolean => false;
const any = (): boolean => true;

/**
 * Parameters that only one value of is supported, that do not change the answer, or that mean nothing here. Null is always neutral; everything
 * that is neither here nor read is refused, so that nobody believes in an effect that there is not.
 */
const shared: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: oneOf(1),
  frequency_penalty: oneOf(0),
  presence_penalty: oneOf(0),
  logit_bias: (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0,
  user: any,
};

const chatOnly: Readonly<Record<string, (value: unknown) => boolean>> = {
  metadata: any,
  safety_identifier: any,
  prompt_cache_key: any,
  prompt_cache_retention: any,
  service_tier: oneOf('auto', 'default'),
  store: oneOf(false),
  logprobs: oneOf(false),
  top_logprobs: oneOf(0),
  response_format: (value) => typeof value === 'object' && value !== null && (value as Body).type === 'text',
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  tools: empty,
  tool_choice: oneOf('none', 'auto'),
  parallel_tool_calls: any,
  functions: empty,
  function_call: oneOf('none', 'auto'),
  prediction: any,
  verbosity: oneOf('medium'),
  reasoning_effort: oneOf('none'),
  audio: never,
  web_search_options: never,
  moderation: never,
};

const completionOnly: Readonly<Record<string, (value: unknown) => boolean>> = {
  best_of: oneOf(1),
  echo: oneOf(false),
  suffix: oneOf(''),
  logprobs: never,
};

const readHere = ['model', 'temperature', 'top_p', 'seed', 'stop', 'stream', 'stream_options', 'max_tokens'];

/** @throws KibanError unsupported-parameter naming the first parameter whose effect the answer would lack. */
export function refuseUnsupported(body: Body, kind: 'chat' | 'completion'): void {
  const read = [...readHere, ...(kind === 'chat' ? ['messages', 'max_completion_tokens'] : ['prompt'])];
  const neutral = { ...shared, ...(kind === 'chat' ? chatOnly : completionOnly) };
  for (const [name, value] of Object.entries(body)) {
    if (read.includes(name) || value === null) continue;
    const accepts = Object.hasOwn(neutral, name) ? neutral[name] : undefined;
    if (accepts?.(value) !== true) throw unsupportedParameter(name);
  }
}
