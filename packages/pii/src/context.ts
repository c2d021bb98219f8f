// SPDX-License-Identifier: Apache-2.0
import type { Evidence } from './finding.ts';
import type { Region } from './region.ts';
import { weights } from './scoring.ts';

/** Shadow units in front of and behind a candidate in which a word counts. */
const unitsBefore = 20;
const unitsAfter = 10;

/** Words beside numbers of things. Lower case, as in the shadow. */
export const exclusionWords: readonly string[] = [
  ...[
    'コイル',
    'ロット',
    'lot',
    '鋼番',
    'チャージ',
    'ヒート',
    '品番',
    '製番',
    '図番',
    '伝票',
    '注番',
    'jan',
    's/n',
    'シリアル',
    'serial',
    '型番',
  ],
  ...[
    '部番',
    '部品番号',
    '製造番号',
    '管理番号',
    '整理番号',
    '受付番号',
    '注文番号',
    '発注番号',
    'バーコード',
    'ean',
    'gtin',
    '品目コード',
  ],
  ...[
    '品目番号',
    '鋼片',
    'スラブ',
    'ビレット',
    'dtc',
    'part no',
    'p/n',
    '治具',
    '金型番号',
    '設備番号',
    'トレース',
    'ワークid',
    '通し番号',
  ],
  ...['追跡番号', 'version', 'バージョン', 'ver', 'v', 'ファームウェア'],
];

export interface ContextReading {
  readonly evidence: readonly Evidence[];
  /** Units between the nearest class word and the candidate; a large number where there is none in front. */
  readonly distance: number;
}

export const farAway = 1_000;

/**
 * Looks for words of a class, and for words of other things, around a candidate. In front, the nearest word wins: a lot number after the word
 * 電話 earlier in the line is a lot number. Behind, a word counts unless a number follows it, which it then names.
 */
export function readContext(
  region: Region,
  from: number,
  to: number,
  words: readonly string[],
  exclusions: readonly string[],
): ContextReading {
  const before = sameThought(region.before(from, unitsBefore).toLowerCase());
  const after = region.after(to, unitsAfter + 8).toLowerCase();
  const headings = region.headings(from);
  const word = nearest(before, words);
  const exclusion = nearest(before, exclusions);
  const evidence: Evidence[] = [];
  let distance = farAway;
  if (word !== undefined) {
    evidence.push({ kind: 'context', weight: weights.context, word: word.word });
    distance = word.distance;
  } else {
    const found = wordBehind(after, words) ?? wordIn(headings, words);
    if (found !== undefined) evidence.push({ kind: 'context', weight: weights.context, word: found });
  }
  const excluded =
    exclusion !== undefined && (word === undefined || exclusion.distance < word.distance)
      ? exclusion.word
      : evidence.length === 0
        ? (wordBehind(after, exclusions) ?? includedIn(headings.column, exclusions))
        : undefined;
  if (excluded !== undefined) evidence.push({ kind: 'exclusion', weight: weights.exclusion, word: excluded });
  return { evidence, distance };
}

/** Of an earlier line only a label that ends it: what stands in a log line says nothing of the next. */
function sameThought(before: string): string {
  const lineStart = before.lastIndexOf('\n') + 1;
  if (lineStart === 0) return before;
  return /^[ \t]*$/.test(before.slice(lineStart)) && labelLine.test(before) ? before : before.slice(lineStart);
}
const labelLine =
  /(?:番号|コード|no\.?|tel|fax|電話|携帯|連絡先|マイナンバー|生年月日|住所|所在地|口座|メール|[:=])[ )\]】]*\n[ \t]*$/;

function nearest(before: string, words: readonly string[]): { word: string; distance: number } | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const word of words) {
    const at = before.lastIndexOf(word);
    if (at < 0 || (isLatin(word) && insideLatin(before, at, word.length))) continue;
    const distance = before.length - at - word.length;
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  return best;
}

/** Cut where another thought begins. */
function wordBehind(after: string, words: readonly string[]): string | undefined {
  const near = after.split(/[、。,;\n\t|]/, 1)[0]!;
  for (const word of words) {
    const at = near.indexOf(word);
    if (at < 0 || at > unitsAfter || (isLatin(word) && insideLatin(after, at, word.length))) continue;
    // 〈number〉 TEL 〈number〉: the word names the second.
    if (/^[^0-9]{0,4}[0-9]/.test(near.slice(at + word.length))) continue;
    return word;
  }
  return undefined;
}

function wordIn(
  headings: { readonly column: string; readonly row: string; readonly left: string },
  words: readonly string[],
): string | undefined {
  return includedIn(headings.column, words) ?? includedIn(headings.left, words) ?? includedIn(headings.row, words);
}

function includedIn(heading: string, words: readonly string[]): string | undefined {
  if (heading === '') return undefined;
  const lower = heading.toLowerCase();
  return words.find((word) => {
    const at = lower.indexOf(word);
    return at >= 0 && !(isLatin(word) && insideLatin(lower, at, word.length));
  });
}

const latin = /^[a-z]+$/;
function isLatin(word: string): boolean {
  return latin.test(word);
}

/** "tel" in "hotel" is none. */
function insideLatin(text: string, at: number, length: number): boolean {
  return /[a-z]/.test(text[at - 1] ?? '') || /[a-z]/.test(text[at + length] ?? '');
}
