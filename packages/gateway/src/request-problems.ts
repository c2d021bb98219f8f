// SPDX-License-Identifier: Apache-2.0
import { KibanError, type Localised } from '@kiban/core';

/** A fault of the request itself. `param` names the member of the body, for example `messages[0].content`. */
export function badRequest(code: string, detail: Localised, param?: string): KibanError {
  return refuse(
    400,
    code,
    { ja: '不正なリクエスト', en: 'Invalid request' },
    detail,
    param === undefined ? {} : { param },
  );
}

const leaveItOut: Localised = { ja: '外してください。', en: 'Leave it out.' };

export function unsupportedParameter(param: string, hint: Localised = leaveItOut): KibanError {
  return badRequest(
    'unsupported-parameter',
    {
      ja: `パラメータ「${param}」はここでは対応していません。${hint.ja}`,
      en: `The parameter '${param}' is not supported here. ${hint.en}`,
    },
    param,
  );
}

export function missingParameter(param: string): KibanError {
  return badRequest(
    'missing-required-parameter',
    { ja: `必須パラメータ「${param}」がありません。`, en: `The required parameter '${param}' is missing.` },
    param,
  );
}

export function invalidValue(param: string, expected: Localised): KibanError {
  return badRequest(
    'invalid-value',
    {
      ja: `「${param}」の値が正しくありません。${expected.ja}`,
      en: `The value of '${param}' is not valid: ${expected.en}`,
    },
    param,
  );
}

export function unknownUrl(method: string, path: string): KibanError {
  return refuse(
    404,
    'unknown-url',
    { ja: '不明な URL', en: 'Unknown URL' },
    {
      ja: `不明な URL です (${method} ${path})。`,
      en: `Unknown request URL: ${method} ${path}.`,
    },
  );
}

export function methodNotAllowed(method: string, allowed: string): KibanError {
  return refuse(
    405,
    'method-not-allowed',
    { ja: 'メソッドが違います', en: 'Method not allowed' },
    {
      ja: `${method} は使えません。${allowed} を使ってください。`,
      en: `${method} is not allowed here. Use ${allowed}.`,
    },
    { allow: allowed },
  );
}

export function requestTooLarge(limitBytes: number): KibanError {
  return refuse(
    413,
    'request-too-large',
    { ja: '本文が大きすぎます', en: 'Request too large' },
    {
      ja: `本文は ${limitBytes} バイトまでです。`,
      en: `The body may have at most ${limitBytes} bytes.`,
    },
  );
}

export function unsupportedMediaType(): KibanError {
  return refuse(
    415,
    'unsupported-media-type',
    { ja: '本文の形式が違います', en: 'Unsupported media type' },
    {
      ja: 'Content-Type: application/json の、圧縮していない本文を送ってください。',
      en: 'Send an uncompressed body with Content-Type: application/json.',
    },
  );
}

export function invalidApiKey(): KibanError {
  return refuse(
    401,
    'invalid-api-key',
    { ja: 'API キーが正しくありません', en: 'Invalid API key' },
    {
      ja: 'ヘッダー「Authorization: Bearer <キー>」に有効な API キーを 1 つ指定してください。',
      en: 'Give one valid API key in the header "Authorization: Bearer <key>".',
    },
  );
}

function refuse(
  status: number,
  code: string,
  title: Localised,
  detail: Localised,
  extra: Readonly<Record<string, unknown>> = {},
): KibanError {
  return new KibanError({ status, code, title, detail, extra });
}
