// SPDX-License-Identifier: Apache-2.0
import { isMunicipalitySuffix } from './rules/addresses.ts';
import { honorificStarts, mayEndLabel } from './rules/name-words.ts';
import { isHan, mayBeginSurname } from './rules/person-names.ts';

/** What one pass over a line tells: which rules have anything to look at. The object is used again for the next line. */
export interface LineFacts {
  from: number;
  to: number;
  digits: number;
  hasAt: boolean;
  hasPlace: boolean;
  /** A character that a label of a person has. */
  hasLabel: boolean;
  colons: number;
  tabs: number;
  bars: number;
  commas: number;
  /** Positions at the head of a run of kanji where a family name may begin. */
  nameStarts: number[];
}

export function newLineFacts(): LineFacts {
  return {
    ...{ from: 0, to: 0, digits: 0, hasAt: false, hasPlace: false, hasLabel: false },
    ...{ colons: 0, tabs: 0, bars: 0, commas: 0, nameStarts: [] },
  };
}

const digit = 1;
const at = 2;
const place = 3;
const label = 4;
const colon = 5;
const tab = 6;
const bar = 7;
const comma = 8;
const lineFeed = 9;
const roles = new Uint8Array(0x10000);
const surnameStart = 32;
for (let unit = 0; unit < 0x10000; unit += 1) {
  if (unit >= 48 && unit <= 57) roles[unit] = digit;
  if (isMunicipalitySuffix(unit)) roles[unit] = place;
}
for (let unit = 0; unit < 0x10000; unit += 1) if (mayEndLabel(unit)) roles[unit] = label;
for (const character of honorificStarts) roles[character.charCodeAt(0)] = label;
for (const character of '〒県都府道丁') roles[character.charCodeAt(0)] = place;
for (const [character, role] of Object.entries({
  '@': at,
  ':': colon,
  '\t': tab,
  '|': bar,
  ',': comma,
  '\n': lineFeed,
}))
  roles[character.charCodeAt(0)] = role;
for (let unit = 0x3000; unit < 0x10000; unit += 1) if (mayBeginSurname(unit)) roles[unit]! |= surnameStart;

/** Reads the line that begins at `from`. */
export function readLineFacts(text: string, from: number, facts: LineFacts): void {
  facts.from = from;
  facts.digits = facts.colons = facts.tabs = facts.bars = facts.commas = 0;
  facts.hasAt = facts.hasPlace = facts.hasLabel = false;
  facts.nameStarts.length = 0;
  let index = from;
  for (; index < text.length; index += 1) {
    const role = roles[text.charCodeAt(index)]!;
    if (role === 0) continue;
    if (role === digit) facts.digits += 1;
    else if (role === lineFeed) break;
    else {
      if ((role & surnameStart) !== 0 && (index === from || !isHan(text.charCodeAt(index - 1))))
        facts.nameStarts.push(index);
      note(facts, role & (surnameStart - 1));
    }
  }
  facts.to = index;
}

function note(facts: LineFacts, role: number): void {
  if (role === at) facts.hasAt = true;
  else if (role === place) facts.hasPlace = true;
  else if (role === label) facts.hasLabel = true;
  else if (role === colon) facts.colons += 1;
  else if (role === tab) facts.tabs += 1;
  else if (role === bar) facts.bars += 1;
  else if (role === comma) facts.commas += 1;
}
