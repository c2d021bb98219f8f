// SPDX-License-Identifier: Apache-2.0
import { piiShadow } from '@kiban/japanese';
import { calendarDate, eraDate } from '../dictionaries/eras.ts';
import type { Emit, Evidence } from '../finding.ts';
import { japaneseNumber } from '../japanese-numbers.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

/** Texts without any of these hold no date of birth. */
export const birthWords = /生年月日|生まれ|誕生|出生|birth|dob/i;

const kanji = '0-9元〇零一二三四五六七八九十';
const written = new RegExp(
  `(令和|平成|昭和|大正|明治|[RHSTMrhstm令平昭大明])?[ .]?([${kanji}]{1,4}) ?[年./-] ?([${kanji}]{1,3}) ?[月./-] ?([${kanji}]{1,3})(?:日|(?![0-9]))`,
  'g',
);
const compact = /(?<![0-9])((?:18|19|20)\d{2})(\d{2})(\d{2})(?![0-9])/g;

/** Dates; only one with a word of birth beside it is more than a date. */
export function findBirthDates(region: Region, emit: Emit): void {
  for (const match of region.line.matchAll(written))
    if (dateOf(match) !== undefined) propose(region, match.index, match[0].length, 'birth-date/written', true, emit);
  for (const match of region.line.matchAll(compact))
    if (calendarDate(Number(match[1]), Number(match[2]), Number(match[3])) !== undefined)
      propose(region, match.index, match[0].length, 'birth-date/digits', false, emit);
}

/** The common year of a date that this rule found, undefined where the text holds none. */
export function birthYear(value: string): number | undefined {
  const plain = piiShadow(value).text;
  for (const match of plain.matchAll(written)) {
    const date = dateOf(match);
    if (date !== undefined) return Number(date.slice(0, 4));
  }
  return /^\d{8}$/.test(plain) ? Number(plain.slice(0, 4)) : undefined;
}

function dateOf(match: RegExpMatchArray): string | undefined {
  const [, era, yearText, monthText, dayText] = match;
  const [year, month, day] = [yearText, monthText, dayText].map((part) => japaneseNumber(part!));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (era !== undefined) return eraDate(era, year, month, day);
  return year >= 1868 ? calendarDate(year, month, day) : undefined;
}

function propose(region: Region, at: number, length: number, rule: string, separated: boolean, emit: Emit): void {
  const evidence: Evidence[] = [{ kind: 'shape', weight: separated ? weights.bare : weights.bareWithoutCheck }];
  if (separated) evidence.push({ kind: 'separators', weight: weights.separators });
  emit({ class: 'birth-date', rule, from: region.from + at, to: region.from + at + length, evidence });
}
