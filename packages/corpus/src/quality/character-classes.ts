// SPDX-License-Identifier: Apache-2.0

/** What quality labels tell apart, by code point. A class is an index into counts. */
export const characterClass = {
  space: 0,
  lineFeed: 1,
  hiragana: 2,
  katakana: 3,
  kanji: 4,
  /** Letters and numbers that are neither kana nor kanji; the long vowel mark among them. */
  otherLetter: 5,
  /** 。．！？!? */
  sentenceEnd: 6,
  /** Punctuation and symbols; also marks, controls and what is not assigned. */
  symbol: 7,
} as const;
export const classCount = 8;

let table: Uint8Array | undefined;

/** Classes of the Basic Multilingual Plane by UTF-16 unit, made on first use (about 20 ms); halves of pairs count as symbols here. */
export function classesOfUnits(): Uint8Array {
  table ??= Uint8Array.from({ length: 0x10000 }, (_, unit) => classOfPoint(unit));
  return table;
}

/** Class of any code point. */
export function classOfPoint(point: number): number {
  const { space, lineFeed, hiragana, katakana, kanji, otherLetter, sentenceEnd, symbol } = characterClass;
  if (point === 0x0a) return lineFeed;
  if (point >= 0x3041 && point <= 0x3096) return hiragana;
  if (point >= 0x30a1 && point <= 0x30fa) return katakana;
  const character = String.fromCodePoint(point);
  if (/[。．！？!?]/.test(character)) return sentenceEnd;
  if (/[\p{Z}\t]/u.test(character)) return space;
  // Without radicals, which are symbols; 々〇〻 are of the script.
  if (/\p{Script=Han}/u.test(character) && /[\p{L}\p{N}]/u.test(character)) return kanji;
  return /[\p{L}\p{N}]/u.test(character) ? otherLetter : symbol;
}
