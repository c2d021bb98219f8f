// SPDX-License-Identifier: Apache-2.0
import type { TextEncoding } from './text-record.ts';

const names: readonly (readonly [RegExp, TextEncoding])[] = [
  [/^(?:x-)?(?:shift[-_]?jis|sjis|ms932|cp932|windows-31j|ms_kanji)$/, 'cp932'],
  [/^(?:x-)?euc-?jp$/, 'euc-jp'],
  [/^iso-2022-jp$/, 'iso-2022-jp'],
  [/^utf-?8$/, 'utf-8'],
];

/** What an HTML or XML file says its encoding is (`charset=`, `encoding=`), for where its bytes do not decide; it is often wrong. */
export function declaredEncoding(head: Buffer): TextEncoding | undefined {
  const beginning = head.subarray(0, 1024).toString('latin1');
  const name = /(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)/i.exec(beginning)?.[1]?.toLowerCase();
  return name === undefined ? undefined : names.find(([pattern]) => pattern.test(name))?.[1];
}
