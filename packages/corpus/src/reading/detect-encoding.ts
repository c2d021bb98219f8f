// SPDX-License-Identifier: Apache-2.0
import { isUtf8 } from 'node:buffer';
import { commonKanji } from './common-kanji.ts';
import { fatalDecoder, firstBadByte } from './text-decoding.ts';
import type { TextEncoding } from './text-record.ts';

export type Detection =
  | { readonly kind: 'text'; readonly encoding: TextEncoding; readonly markBytes: number }
  | { readonly kind: 'binary'; readonly looksLike: string | null }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'undecodable'; readonly offset: number };

/** Difference of plausibility (of 2) under which Shift_JIS and EUC-JP are not told apart. */
const margin = 0.1;

export interface DetectOptions {
  /** Bytes from where the file is no longer ASCII, when that is not at its beginning. */
  readonly sample?: Uint8Array;
  /** Whether the sample ends where the file ends; if not, it may end inside a character. */
  readonly isWhole: boolean;
  /** What the owner says; decides only where the bytes do not. */
  readonly hint?: TextEncoding | undefined;
}

/**
 * Tells the encoding of a text from its first bytes. Order: byte order mark, ISO-2022-JP escapes, NUL pattern (UTF-16), strict UTF-8, then
 * CP932 against EUC-JP. When none decodes the whole sample, the one that decodes most of its lines.
 */
export function detectEncoding(head: Uint8Array, options: DetectOptions): Detection {
  const { sample = head, isWhole } = options;
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return text('utf-8', 3);
  if (head[0] === 0xff && head[1] === 0xfe) return text('utf-16le', 2);
  if (head[0] === 0xfe && head[1] === 0xff) return text('utf-16be', 2);
  const signature = signatures.find(({ bytes }) => bytes.every((byte, index) => head[index] === byte));
  if (signature) return { kind: 'binary', looksLike: signature.name };
  if (hasJisEscape(sample)) return text('iso-2022-jp');
  if (head.includes(0)) return detectUtf16(head);
  if (controlShare(head) > 0.1) return { kind: 'binary', looksLike: null };
  if (decodes(sample, 'utf-8', isWhole)) return text('utf-8');
  return detectLegacy(sample, options);
}

function text(encoding: TextEncoding, markBytes = 0): Detection {
  return { kind: 'text', encoding, markBytes };
}

const signatures = [
  { name: 'PDF', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { name: 'ZIP or Office', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'old Office', bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] },
  { name: 'PNG', bytes: [0x89, 0x50, 0x4e, 0x47] },
  { name: 'JPEG', bytes: [0xff, 0xd8, 0xff] },
  { name: 'GIF', bytes: [0x47, 0x49, 0x46, 0x38] },
  { name: 'gzip', bytes: [0x1f, 0x8b, 0x08] },
  { name: 'ELF', bytes: [0x7f, 0x45, 0x4c, 0x46] },
];

function hasJisEscape(sample: Uint8Array): boolean {
  for (let at = sample.indexOf(0x1b); at >= 0; at = sample.indexOf(0x1b, at + 1)) {
    const [first, second] = [sample[at + 1], sample[at + 2]];
    const twoByte = first === 0x24 && (second === 0x40 || second === 0x42);
    const oneByte = first === 0x28 && (second === 0x42 || second === 0x4a || second === 0x49);
    if (twoByte || oneByte) return sample.every((byte) => byte < 0x80);
  }
  return false;
}

/** ASCII gives NUL at every other byte, U+3000 gives it on the other side: so both orders are decoded and judged. */
function detectUtf16(head: Uint8Array): Detection {
  const whole = head.subarray(0, head.length & ~1);
  const judged = (['utf-16le', 'utf-16be'] as const)
    .filter((encoding) => decodes(whole, encoding, false))
    .map((encoding) => ({
      encoding,
      score: plausibility(fatalDecoder(encoding).decode(whole, { stream: true }), true),
    }))
    .sort((one, other) => other.score - one.score);
  const best = judged[0];
  return best && best.score > 0.5 ? text(best.encoding) : { kind: 'binary', looksLike: null };
}

function controlShare(head: Uint8Array): number {
  let controls = 0;
  for (const byte of head) if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) controls += 1;
  return head.length === 0 ? 0 : controls / head.length;
}

/** CP932 or EUC-JP: the one that decodes, or when both do, the one whose text looks more like Japanese. */
export function detectLegacy(sample: Uint8Array, { isWhole, hint }: DetectOptions): Detection {
  const fitting = (['cp932', 'euc-jp'] as const).filter((encoding) => decodes(sample, encoding, isWhole));
  if (fitting.length === 1) return text(fitting[0]!);
  if (fitting.length === 0) return detectByLines(sample);
  const [cp932, euc] = fitting.map((encoding) =>
    plausibility(fatalDecoder(encoding).decode(sample, { stream: true }), false),
  );
  const difference = cp932! - euc!;
  if (Math.abs(difference) >= margin) return text(difference > 0 ? 'cp932' : 'euc-jp');
  return hint === 'cp932' || hint === 'euc-jp' ? text(hint) : { kind: 'ambiguous' };
}

/** Some bytes are damaged: UTF-8 if it explains half of the lines that are not ASCII (it hardly does so by chance), else the better of the two. */
function detectByLines(sample: Uint8Array): Detection {
  const lines = linesBeyondAscii(sample);
  const shares = (['utf-8', 'cp932', 'euc-jp'] as const).map((encoding) => ({
    encoding,
    share: lines.filter((line) => decodes(line, encoding, true)).length / Math.max(1, lines.length),
  }));
  const [utf8, cp932, euc] = shares as [Share, Share, Share];
  const best = utf8.share >= 0.5 ? utf8 : cp932.share >= euc.share ? cp932 : euc;
  if (best.share >= 0.5) return text(best.encoding);
  const reach = (['utf-8', 'cp932', 'euc-jp'] as const).map(
    (encoding) => firstBadByte(sample, encoding) ?? sample.length,
  );
  return { kind: 'undecodable', offset: Math.max(...reach) };
}

interface Share {
  readonly encoding: TextEncoding;
  readonly share: number;
}

/** The last line may end inside a character, so it counts only when it is the only one. */
function linesBeyondAscii(sample: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = sample.indexOf(10); end >= 0; end = sample.indexOf(10, start)) {
    lines.push(sample.subarray(start, end));
    start = end + 1;
  }
  if (lines.length === 0) lines.push(sample);
  return lines.filter((line) => line.some((byte) => byte >= 0x80));
}

function decodes(bytes: Uint8Array, encoding: TextEncoding, isWhole: boolean): boolean {
  if (encoding === 'utf-8' && isUtf8(bytes)) return true;
  try {
    fatalDecoder(encoding).decode(bytes, { stream: !isWhole });
    return true;
  } catch {
    return false;
  }
}

/** -1 (unlikely to be Japanese) to 1: share of hiragana, common kanji and 、。 minus that of half-width katakana, rare kanji and private use. */
function plausibility(decoded: string, countAscii: boolean): number {
  let good = 0;
  let bad = 0;
  let total = 0;
  for (const character of decoded) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) {
      if (!countAscii) continue;
      total += 1;
      if (code >= 0x20 || (code >= 9 && code <= 13)) good += 1;
      else bad += 1;
      continue;
    }
    total += 1;
    if ((code >= 0x3041 && code <= 0x3096) || code === 0x3001 || code === 0x3002 || commonKanji.has(character))
      good += 1;
    else if ((code >= 0x3400 && code <= 0x9fff) || (code >= 0xff61 && code <= 0xff9f)) bad += 1;
    else if ((code >= 0xe000 && code <= 0xf8ff) || code < 0xa0) bad += 1;
  }
  return total === 0 ? 0 : (good - bad) / total;
}
