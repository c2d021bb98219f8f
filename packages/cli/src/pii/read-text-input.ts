// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { KibanError } from '@kiban/core';

/** The text of a file, or of standard input for `-`: UTF-8, else Shift_JIS (CP932). @throws KibanError `file-unreadable` (404), `text-undecodable` (422) */
export async function readTextInput(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = path === '-' ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KibanError({
      code: 'file-unreadable',
      status: 404,
      title: { ja: 'ファイルを読めません', en: 'The file cannot be read' },
      detail: { ja: `${path} を読めません (${code})。`, en: `${path} cannot be read (${code}).` },
      cause: error,
    });
  }
  for (const encoding of ['utf-8', 'shift_jis'])
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // The next encoding may read it.
    }
  throw new KibanError({
    code: 'text-undecodable',
    status: 422,
    title: { ja: '文字コードを読めません', en: 'The text cannot be decoded' },
    detail: {
      ja: `${path} は UTF-8 でも Shift_JIS (CP932) でもありません。UTF-8 に変換してください。`,
      en: `${path} is neither UTF-8 nor Shift_JIS (CP932). Convert it to UTF-8.`,
    },
  });
}
