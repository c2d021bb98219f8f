// SPDX-License-Identifier: Apache-2.0
import type { TextEncoding } from './text-record.ts';

export type EncodingGuess =
  | { readonly kind: 'text'; readonly encoding: TextEncoding; readonly skipBytes: number }
  | { readonly kind: 'binary'; readonly looksLike: string }
  | { readonly kind: 'ambiguous' };

const signatures: readonly (readonly [string, string])[] = [
  ['%PDF', 'PDF'],
  ['PK\u0003\u0004', 'ZIP'],
  ['\u00d0\u00cf\u0011\u00e0', 'OLE'],
  ['\u0089PNG', 'PNG'],
  ['\u00ff\u00d8\u00ff', 'JPEG'],
  ['GIF8', 'GIF'],
  ['\u001f\u008b', 'GZIP'],
];

/** ISO-2022-JP switches character sets with these (RFC 1468). */
const escapeSequences = ['\u001b$@', '\u001b$B', '\u001b(B', '\u001b(J', '\u001b(I'];

/** Labels of the platform's decoder. */
export const decoderLabels = {
  'utf-8': 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  cp932: 'shift_jis',
  'euc-jp': 'euc-jp',
  'iso-2022-jp': 'iso-2022-jp',
} as const satisfies Record<TextEncoding, string>;

/**
 * Order: byte-order mark, ISO-2022-JP escapes, NUL pattern (UTF-16), strict UTF-8, then CP932 against EUC-JP by how plausible the text is.
 * @param head the first bytes of the file (64 KiB are enough). @param isWhole whether that is all of it.
 */
export function detectEncoding(head: Buffer, isWhole: boolean): EncodingGuess {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return text('utf-8', 3);
  if (head[0] === 0xff && head[1] === 0xfe) return text('utf-16le', 2);
  if (head[0] === 0xfe && head[1] === 0xff) return text('utf-16be', 2);
  const start = head.toString('latin1', 0, 8);
  const known = signatures.find(([signature]) => start.startsWith(signature));
  if (known !== undefined) return { kind: 'binary', looksLike: known[1] };
  if (escapeSequences.some((sequence) => head.includes(sequence, 0, 'latin1'))) return text('iso-2022-jp', 0);
  const zeros = head.filter((byte) => byte === 0).length;
  if (zeros > 0) {
    const even = countZeros(head, 0);
    const odd = countZeros(head, 1);
    if (odd > head.length / 8 && even < odd / 8) return text('utf-16le', 0);
    if (even > head.length / 8 && odd < even / 8) return text('utf-16be', 0);
    return { kind: 'binary', looksLike: 'NUL bytes' };
  }
  const controls = head.filter((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13).length;
  if (controls > head.length / 20) return { kind: 'binary', looksLike: 'control bytes' };
  if (decodes(head, 'utf-8', isWhole)) return text('utf-8', 0);
  const shiftJis = plausibility(head, 'cp932');
  const eucJp = plausibility(head, 'euc-jp');
  // A mostly UTF-8 file with a few bad bytes is still UTF-8: the bad lines are named, the rest is kept.
  const utf8 = plausibility(head, 'utf-8');
  const best = Math.max(shiftJis, eucJp, utf8);
  if (best <= 0) return { kind: 'binary', looksLike: 'no known encoding' };
  if (utf8 === best) return text('utf-8', 0);
  if (Math.abs(shiftJis - eucJp) < 0.1 && shiftJis > 0 && eucJp > 0) return { kind: 'ambiguous' };
  return text(shiftJis > eucJp ? 'cp932' : 'euc-jp', 0);
}

function text(encoding: TextEncoding, skipBytes: number): EncodingGuess {
  return { kind: 'text', encoding, skipBytes };
}

function countZeros(head: Buffer, parity: number): number {
  let count = 0;
  for (let index = parity; index < head.length; index += 2) if (head[index] === 0) count += 1;
  return count;
}

function decodes(head: Buffer, label: string, isWhole: boolean): boolean {
  try {
    // With more to come, a character cut off at the end is no fault.
    new TextDecoder(label, { fatal: true }).decode(head, { stream: !isWhole });
    return true;
  } catch {
    return false;
  }
}

/** -1 to 1: kana and common signs speak for an encoding; replacement characters, half-width kana and rare ideographs against it. */
function plausibility(head: Buffer, encoding: TextEncoding): number {
  const decoded = new TextDecoder(decoderLabels[encoding]).decode(head);
  let good = 0;
  let bad = 0;
  let other = 0;
  for (const character of decoded) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) continue;
    if (code === 0xfffd) bad += 2;
    else if ((code >= 0x3041 && code <= 0x30ff) || (code >= 0x3001 && code <= 0x3002)) good += 2;
    else if (code >= 0x4e00 && code <= 0x9fff) good += encoding === 'cp932' || encoding === 'euc-jp' ? 0.6 : 1;
    else if (code >= 0xff61 && code <= 0xff9f) bad += 0.3;
    else other += 1;
  }
  const total = good + bad + other;
  return total === 0 ? 0 : (good - 2 * bad) / total;
}
