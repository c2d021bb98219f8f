// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

export function keyUnreadable(cause: unknown): KibanError {
  return new KibanError({
    code: 'key-unreadable',
    status: 422,
    title: { ja: '鍵を読めません', en: 'The key cannot be read' },
    detail: {
      ja: 'Ed25519 の鍵ではないか、壊れています。kiban が書き出した PEM、JWK、または SPKI (base64) を指定してください。',
      en: 'It is damaged, or not an Ed25519 key. Give a PEM, a JWK or an SPKI in base64 as kiban writes them.',
    },
    cause,
  });
}

/** The one answer to every failed request signature: it does not tell which check failed. */
export function requestUnauthenticated(): KibanError {
  return new KibanError({
    code: 'request-unauthenticated',
    status: 401,
    title: { ja: '要求を認証できません', en: 'The request is not authenticated' },
    detail: {
      ja: '署名が無いか、正しくないか、期限切れです。鍵の登録と時計 (NTP) を確認してください。',
      en: 'The signature is missing, wrong or out of date. Check that the key is enrolled and that the clock (NTP) is right.',
    },
  });
}

export function recordSignatureInvalid(cause?: unknown): KibanError {
  return new KibanError({
    code: 'record-signature-invalid',
    status: 422,
    title: { ja: '署名が正しくありません', en: 'The signature is wrong' },
    detail: {
      ja: '記録が署名の後に変わったか、別の鍵の署名です。作成元から受け取り直してください。',
      en: 'The record was changed after it was signed, or another key signed it. Get it again from its maker.',
    },
    cause,
  });
}
