// SPDX-License-Identifier: Apache-2.0
import { isKibanError, type KibanError } from '@kiban/core';

/** OpenAI's error body; all four members are always there. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** Codes that OpenAI's clients know under another name. */
const wireCodes: Readonly<Record<string, string>> = {
  'engine-busy': 'rate_limit_exceeded',
  'prompt-empty': 'invalid_value',
  'prompt-token-invalid': 'invalid_value',
};

/** Whatever was thrown, in OpenAI's shape. Of anything but a KibanError, and of a 5xx other than 503, only a general sentence is shown. */
export function toErrorAnswer(error: unknown, language: 'ja' | 'en'): ErrorAnswer {
  if (!isKibanError(error) || (error.status >= 500 && error.status !== 503)) {
    const message = { ja: 'サーバー内部でエラーが発生しました。', en: 'The server had an internal error.' }[language];
    return { status: 500, headers: {}, body: errorBody(message, 500, null, 'internal_error') };
  }
  const param = typeof error.extra.param === 'string' ? error.extra.param : null;
  const code = wireCodes[error.code] ?? error.code.replaceAll('-', '_');
  return {
    status: error.status,
    headers: headersFor(error),
    body: errorBody(error.detail[language], error.status, param, code),
  };
}

function headersFor(error: KibanError): Record<string, string> {
  if (error.status === 401) return { 'www-authenticate': 'Bearer' };
  if (error.status === 405 && typeof error.extra.allow === 'string') return { allow: error.extra.allow };
  if (error.status === 429 || error.status === 503) {
    const retryAfterMs = typeof error.extra.retryAfterMs === 'number' ? error.extra.retryAfterMs : 5000;
    return {
      'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))),
      'retry-after-ms': String(Math.ceil(retryAfterMs)),
    };
  }
  return {};
}

function errorBody(message: string, status: number, param: string | null, code: string): ErrorBody {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param, code } };
}
