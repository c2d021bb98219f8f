// SPDX-License-Identifier: Apache-2.0
import type { Email } from 'postal-mime';
import { detectEncoding } from '../detect-encoding.ts';
import { looseDecoder } from '../text-decoding.ts';

/**
 * The body of a mail of one part that does not say its charset, as old Japanese programs wrote them, decoded by what its bytes look like.
 * Undefined when it says one, or is not such a mail.
 */
export function unlabelledText(mail: Email, bytes: Buffer): string | undefined {
  const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value.toLowerCase();
  const type = header('content-type') ?? 'text/plain';
  const transfer = header('content-transfer-encoding') ?? '8bit';
  if (!type.startsWith('text/plain') || type.includes('charset') || !/^\s*([78]bit|binary)\s*$/.test(transfer)) {
    return undefined;
  }
  const blank = /\r?\n\r?\n/.exec(bytes.subarray(0, maxHeadBytes).toString('latin1'));
  if (blank === null) return undefined;
  const body = bytes.subarray(blank.index + blank[0].length);
  const found = detectEncoding(body, { isWhole: true });
  return found.kind === 'text' ? looseDecoder(found.encoding).decode(body) : undefined;
}

const maxHeadBytes = 1 << 20;
