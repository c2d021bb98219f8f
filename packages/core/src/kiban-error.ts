// SPDX-License-Identifier: Apache-2.0

/** Text that a person reads, in both languages of the product. */
export interface Localised {
  readonly ja: string;
  readonly en: string;
}

export interface KibanErrorInit {
  /** Stable machine name, noun-adjective in kebab-case, for example `invitation-used`. */
  readonly code: string;
  /** HTTP status that fits, also used when the error never meets HTTP. */
  readonly status: number;
  readonly title: Localised;
  /** Safe to show: names the file, line or field and what to do. Never contents of documents, updates, prompts or keys. */
  readonly detail?: Localised | string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Extra members of the problem document (RFC 9457 section 3.2), safe to show. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const mark = Symbol.for('kiban.error');

/** The one error class of Kiban; recognised by {@link isKibanError}, as `instanceof` fails across two installed copies. */
export class KibanError extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: Localised;
  readonly detail: Localised;
  readonly retryable: boolean;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly [mark] = true;

  constructor(init: KibanErrorInit) {
    const detail = typeof init.detail === 'string' ? { ja: init.detail, en: init.detail } : (init.detail ?? init.title);
    super(`${init.code}: ${detail.en}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'KibanError';
    this.code = init.code;
    this.status = init.status;
    this.title = init.title;
    this.detail = detail;
    this.retryable = init.retryable ?? false;
    this.extra = init.extra ?? {};
  }
}

export function isKibanError(error: unknown): error is KibanError {
  return typeof error === 'object' && error !== null && mark in error;
}

/** RFC 9457 problem details. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly instance?: string;
  readonly retryable: boolean;
  readonly [extra: string]: unknown;
}

/** Whatever was thrown, as a problem document. Of anything that is not a KibanError, and of any 5xx, only the title is shown. */
export function toProblem(error: unknown, language: 'ja' | 'en' = 'en', instance?: string): Problem {
  const known = isKibanError(error)
    ? error
    : new KibanError({
        code: 'internal-error',
        status: 500,
        title: { ja: '内部エラー', en: 'Internal error' },
        cause: error,
      });
  const showDetail = isKibanError(error) && (known.status < 500 || known.status === 503 || known.status === 507);
  return {
    ...known.extra,
    type: `urn:kiban:problem:${known.code}`,
    title: known.title[language],
    status: known.status,
    code: known.code,
    retryable: known.retryable,
    ...(showDetail ? { detail: known.detail[language] } : {}),
    ...(instance === undefined ? {} : { instance }),
  };
}
