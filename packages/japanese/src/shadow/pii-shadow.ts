// SPDX-License-Identifier: Apache-2.0
import { SegmentShadower } from './segment-shadow.ts';
import { editShadow, type Shadow, type ShadowEdit } from './shadow.ts';

const shadower = new SegmentShadower((segment) =>
  segment.normalize('NFKC').replace(/[\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u200b-\u200f\u2060\ufeff\u00ad]/gu, ''),
);

const kanjiDigits = '〇零一二三四五六七八九';
const digit = 1;
const kanjiDigit = 2;
const dash = 3;
const roundLetter = 4;
const gap = 5;

const roles = new Uint8Array(0x10000);
for (const character of '0123456789') roles[character.charCodeAt(0)] = digit;
for (const character of kanjiDigits) roles[character.charCodeAt(0)] = kanjiDigit;
for (const character of '-‐‑‒–—―−ー─━') roles[character.charCodeAt(0)] = dash;
for (const character of '○Oo') roles[character.charCodeAt(0)] = roundLetter;
for (const character of ' ()') roles[character.charCodeAt(0)] = gap;

/** Kanji digits are read by position only from this many on: 一, 三十 and 第四 are words. */
const leastKanjiDigits = 4;
/** Groups apart by spaces or brackets must look like a telephone or card number before the short ones are read as well. */
const leastGroupedKanjiDigits = 8;

/**
 * For finding personal numbers however they are typed: NFKC without variation selectors and zero-width characters; every dash, and the long
 * vowel mark, between digits is "-"; ○, O and o between digits are 0; runs of four kanji digits or more are digits by position.
 */
export function piiShadow(text: string): Shadow {
  const shadow = shadower.shadow(text);
  return editShadow(shadow, digitEdits(shadow.text));
}

function digitEdits(text: string): ShadowEdit[] {
  const edits: ShadowEdit[] = [];
  for (let index = 0; index < text.length; ) {
    const role = roles[text.charCodeAt(index)]!;
    if (role === digit) index = readDigits(text, index, edits);
    else if (role === kanjiDigit) index = readKanjiDigits(text, index, edits);
    else index += 1;
  }
  return edits;
}

function readDigits(text: string, from: number, edits: ShadowEdit[]): number {
  let index = from + 1;
  for (; index < text.length; index += 1) {
    const role = roles[text.charCodeAt(index)]!;
    if (role === digit) continue;
    if ((role !== dash && role !== roundLetter) || roles[text.charCodeAt(index + 1)] !== digit) break;
    if (role === dash && text[index] !== '-') edits.push({ from: index, to: index + 1, text: '-' });
    if (role === roundLetter) edits.push({ from: index, to: index + 1, text: '0' });
  }
  return index;
}

function readKanjiDigits(text: string, from: number, edits: ShadowEdit[]): number {
  let count = 1;
  let gaps = 0;
  let to = from + 1;
  for (; to < text.length; to += 1) {
    const role = roles[text.charCodeAt(to)]!;
    if (role === kanjiDigit) count += 1;
    else if ((role === dash || role === gap) && roles[text.charCodeAt(to + 1)] === kanjiDigit)
      gaps += role === gap ? 1 : 0;
    else break;
  }
  if (count >= (gaps > 0 ? leastGroupedKanjiDigits : leastKanjiDigits)) {
    edits.push({ from, to, text: positional(text.slice(from, to)) });
    return to;
  }
  if (gaps === 0) return to;
  const run = /^[〇零一二三四五六七八九]+/.exec(text.slice(from, to))![0];
  if (run.length >= leastKanjiDigits) edits.push({ from, to: from + run.length, text: positional(run) });
  return from + run.length;
}

function positional(run: string): string {
  return Array.from(run, (character) => {
    const value = kanjiDigits.indexOf(character);
    if (value >= 0) return String(Math.max(0, value - 1));
    return roles[character.charCodeAt(0)] === dash ? '-' : character;
  }).join('');
}
