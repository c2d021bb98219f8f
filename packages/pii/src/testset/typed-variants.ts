// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';

/** Every mark that people or programs put for a hyphen between digits, by code point. */
const dashes = '\uff0d\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff70\u2500\u2501\ufe63';

export const dashVariants: readonly string[] = [...dashes].map(
  (mark) => `dash-${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
);

export function toFullWidth(text: string): string {
  return text.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)).replaceAll(' ', '\u3000');
}

export function toKanjiDigits(text: string): string {
  return text.replace(/\d/g, (one) => '〇一二三四五六七八九'[Number(one)]!).replaceAll('-', '－');
}

export function withDash(text: string, variant: string): string {
  return text.replaceAll('-', String.fromCharCode(Number.parseInt(variant.slice(5), 16)));
}

/** Breaks the line once inside the value, between two characters that belong together. */
export function wrapped(text: string, random: SeededRandom): string {
  const at = random.between(Math.ceil(text.length / 3), Math.floor((text.length * 2) / 3));
  const indent = random.pick(['', '', '  ', '\u3000']);
  return `${text.slice(0, at)}\n${indent}${text.slice(at)}`;
}

/** Another check digit, by changing one digit in the middle. */
export function withWrongCheck(text: string, holds: (text: string) => boolean, random: SeededRandom): string {
  const places = [...text.matchAll(/\d/g)].map((match) => match.index);
  for (;;) {
    const at = random.pick(places.slice(2));
    const changed = text.slice(0, at) + ((Number(text[at]) + random.between(1, 9)) % 10) + text.slice(at + 1);
    if (!holds(changed)) return changed;
  }
}
