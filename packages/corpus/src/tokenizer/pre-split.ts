// SPDX-License-Identifier: Apache-2.0

/**
 * Where merges may not cross, as `qwen2` splits (the name under which llama.cpp knows it): contractions, letters with one character before
 * them, single digits, punctuation runs, line ends, spaces. Written without `(?i:)`, by which some engines take ſ for s.
 */
export const splitPattern =
  "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

// JavaScript's \s holds U+FEFF and lacks U+0085; the other engines mean Unicode's White_Space.
const expression = new RegExp(
  splitPattern
    .replaceAll('[^\\s', '[^\\p{White_Space}')
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}'),
  'gu',
);

/** The pieces of a text, in order; together they are the text. */
export function preSplit(text: string): string[] {
  return text.match(expression) ?? [];
}

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });
const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

/**
 * For training only: Japanese cut again at the words of ICU's dictionary, since it has no spaces, ー and 々 are letters, and nothing else would keep
 * BPE from learning clauses, or 、 with the word after it. Encoding uses {@link preSplit} alone.
 */
export function preSplitForTraining(piece: string): string[] {
  if (piece.length < 2 || !japanese.test(piece)) return [piece];
  return Array.from(segmenter.segment(piece), ({ segment }) => segment);
}

/** Adds the words of a text to a count table, which training looks at alone. */
export function countWords(text: string, counts: Map<string, number>): void {
  const pieces = new Map<string, number>();
  for (const piece of preSplit(text)) pieces.set(piece, (pieces.get(piece) ?? 0) + 1);
  for (const [piece, count] of pieces) {
    for (const word of preSplitForTraining(piece)) {
      if (word.length <= longestWord) counts.set(word, (counts.get(word) ?? 0) + count);
    }
  }
}

/** Longer ones are keys and encoded data, not language. UTF-16 code units. */
const longestWord = 64;
