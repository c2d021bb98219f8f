// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import * as z from 'zod';

export function hubUnreachable(baseUrl: string, cause: unknown): KibanError {
  return new KibanError({
    code: 'hub-unreachable',
    status: 503,
    title: { ja: 'ハブに接続できません', en: 'The hub cannot be reached' },
    detail: {
      ja: `${baseUrl} に接続できません (${reasonOf(cause)})。アドレスと、ハブが動いていることを確認してください。`,
      en: `${baseUrl} cannot be reached (${reasonOf(cause)}). Check the address and that the hub is running.`,
    },
    retryable: true,
    cause,
  });
}

/** @param skewMs the hub's clock minus ours. */
export function clockSkewed(skewMs: number): KibanError {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const late = skewMs > 0;
  return new KibanError({
    code: 'clock-skewed',
    status: 401,
    title: { ja: '時計がずれています', en: 'The clock is wrong' },
    detail: {
      ja: `この機械の時計はハブより ${seconds} 秒${late ? '遅れて' : '進んで'}います。時計を合わせて (NTP) からやり直してください。`,
      en: `This machine's clock is ${seconds} seconds ${late ? 'behind' : 'ahead of'} the hub's. Set it (NTP) and try again.`,
    },
  });
}

const problemSchema = z.looseObject({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  retryable: z.boolean().default(false),
});

/**
 * The error that a service answered with, as it would have been thrown there.
 * @param retryAfterSeconds what the answer's `Retry-After` asks for; it is in `extra` then
 */
export function problemFrom(status: number, body: string, retryAfterSeconds?: number): KibanError {
  const asked = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  // Whoever is between here and the hub may ask for patience too.
  const isForLater = status >= 500 || status === 429;
  const parsed = problemSchema.safeParse(parseJson(body));
  if (!parsed.success)
    return new KibanError({
      code: 'answer-not-understood',
      status: 502,
      title: { ja: '相手の応答を理解できません', en: 'The answer was not understood' },
      detail: {
        ja: `HTTP ${status} が返りましたが、Kiban の応答ではありません。アドレスを確認してください。`,
        en: `HTTP ${status} came back, but not from Kiban. Check the address.`,
      },
      retryable: isForLater,
      extra: asked,
    });
  const { code, title, detail, retryable, type: _type, status: _status, instance: _instance, ...extra } = parsed.data;
  return new KibanError({
    code,
    status,
    title: { ja: title, en: title },
    ...(detail === undefined ? {} : { detail }),
    retryable: retryable || isForLater,
    extra: { ...extra, ...asked },
  });
}

/**
 * A `Retry-After` field (RFC 9110 section 10.2.3): seconds, or a date.
 * @returns seconds from now, at least 0; undefined when there is none or it cannot be read
 */
export function retryAfterSeconds(field: string | undefined, nowMs: number): number | undefined {
  if (field === undefined) return undefined;
  if (/^\d{1,9}$/.test(field)) return Number(field);
  const atMs = field.endsWith(' GMT') ? Date.parse(field) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1_000));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(cause: unknown): string {
  const error = cause as { code?: unknown; name?: unknown } | undefined;
  return String(error?.code ?? error?.name ?? 'unknown');
}
