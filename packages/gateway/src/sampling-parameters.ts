// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import { invalidValue } from './request-problems.ts';

/** Parameters that chat and plain completions share. */
export interface SamplingParameters {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  readonly stream: boolean;
  /** Usage in a chunk of its own at the end of the stream. */
  readonly includeUsage: boolean;
}

export type Body = Readonly<Record<string, unknown>>;

/** Null counts as absent, as in OpenAI's API. */
export function readSamplingParameters(body: Body): SamplingParameters {
  const stream = readBoolean(body, 'stream') ?? false;
  return {
    temperature: readNumber(body, 'temperature', 0, 2) ?? 1,
    topP: readNumber(body, 'top_p', 0, 1) ?? 1,
    seed: readSeed(body),
    stop: readStop(body),
    stream,
    includeUsage: readIncludeUsage(body, stream),
  };
}

export function readTokenLimit(body: Body, name: string): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw invalidValue(name, { ja: '1 以上の整数にしてください。', en: 'give an integer of at least 1.' });
  }
  return value as number;
}

function readNumber(body: Body, name: string, minimum: number, maximum: number): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || value < minimum || value > maximum) {
    throw invalidValue(name, {
      ja: `${minimum} から ${maximum} までの数にしてください。`,
      en: `give a number from ${minimum} to ${maximum}.`,
    });
  }
  return value;
}

function readBoolean(body: Body, name: string): boolean | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidValue(name, { ja: 'true か false にしてください。', en: 'give true or false.' });
}

/** OpenAI's seeds have 64 bits, engines take 32: the lower ones. */
function readSeed(body: Body): number | undefined {
  const value = body.seed ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalidValue('seed', { ja: '整数にしてください。', en: 'give an integer.' });
  }
  return Number(BigInt.asUintN(32, BigInt(value)));
}

function readStop(body: Body): readonly string[] {
  const expected: Localised = {
    ja: '空でない文字列、またはその配列 (4 個まで) にしてください。',
    en: 'give a string that is not empty, or an array of at most 4 of them.',
  };
  const value = body.stop ?? [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 4) throw invalidValue('stop', expected);
  return list.map((item) => {
    if (typeof item !== 'string' || item === '') throw invalidValue('stop', expected);
    return item;
  });
}

function readIncludeUsage(body: Body, stream: boolean): boolean {
  const options = body.stream_options ?? undefined;
  if (options === undefined) return false;
  if (!stream) {
    throw invalidValue('stream_options', {
      ja: 'stream が true のときだけ使えます。',
      en: 'it is allowed only when stream is true.',
    });
  }
  const include = typeof options === 'object' ? ((options as Body).include_usage ?? false) : undefined;
  if (typeof include !== 'boolean') {
    throw invalidValue('stream_options', {
      ja: 'include_usage は true か false です。',
      en: 'include_usage is true or false.',
    });
  }
  return include;
}
