// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

export function surrogateKeyTooShort(): KibanError {
  return new KibanError({
    code: 'surrogate-key-too-short',
    status: 422,
    title: { ja: '置換用の鍵が短すぎます', en: 'The key for surrogates is too short' },
    detail: { ja: '32 バイト以上の鍵を渡してください。', en: 'Give a key of at least 32 bytes.' },
  });
}
