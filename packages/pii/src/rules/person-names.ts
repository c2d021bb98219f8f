// SPDX-License-Identifier: Apache-2.0
import { givenNameCharacters, givenNames } from '../dictionaries/given-names.ts';
import { foldKanji } from '../dictionaries/kanji-variants.ts';
import { ambiguousSurnames, surnames } from '../dictionaries/surnames.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';
import { honorificBehind, labelInFront, labelNear, nameColumn, politeWords } from './name-words.ts';

const han = /[\p{Script=Han}々]/u;
const particle = /[はがのをにともへで、。]/;
const longestSurname = 4;

const surnameStarts = new Uint8Array(0x10000);
for (const surname of [...surnames, ...ambiguousSurnames]) surnameStarts[surname.charCodeAt(0)] = 1;
for (const [present, ...others] of [
  '高髙',
  '崎﨑',
  '辺邊邉',
  '斎齋',
  '斉齊',
  '沢澤',
  '広廣',
  '浜濱濵',
  '島嶋嶌',
  '竜龍',
  '国國',
  '桜櫻',
  '滝瀧',
  '館舘',
  '富冨',
  '関關',
])
  if (surnameStarts[present!.charCodeAt(0)] === 1) for (const other of others) surnameStarts[other.charCodeAt(0)] = 1;

/** Whether a family name may begin with this code unit. */
export function mayBeginSurname(unit: number): boolean {
  return surnameStarts[unit] === 1;
}

const hanUnits = new Uint8Array(0x10000);
for (let unit = 0x3000; unit < 0x10000; unit += 1) if (han.test(String.fromCharCode(unit))) hanUnits[unit] = 1;
for (let unit = 0xd840; unit <= 0xd88f; unit += 1) hanUnits[unit] = 1;

/** Kanji, 々 and the first halves of kanji outside the Basic Multilingual Plane. */
export function isHan(unit: number): boolean {
  return hanUnits[unit] === 1;
}

interface Part {
  readonly to: number;
  readonly weight: number;
}

/** Names in kanji that begin at a position where a family name of the dictionary may. Both parts, or one with a word of a person beside it. */
export function findPersonName(region: Region, at: number, emit: Emit): void {
  const head = foldKanji(region.text.slice(at, Math.min(region.to, at + longestSurname + 6)));
  for (let length = Math.min(longestSurname, head.length); length >= 1; length -= 1) {
    const surname = head.slice(0, length);
    const ambiguous = ambiguousSurnames.has(surname);
    if (!ambiguous && !surnames.has(surname)) continue;
    const surnameWeight = length === 1 ? 0.15 : ambiguous ? 0.2 : 0.3;
    if (proposeWhole(region, at, head, length, surnameWeight, emit)) return;
    if (proposeSurname(region, at, length, surnameWeight, emit)) return;
  }
}

function proposeWhole(
  region: Region,
  at: number,
  head: string,
  length: number,
  surnameWeight: number,
  emit: Emit,
): boolean {
  const spaced = head[length] === ' ';
  const given = givenNameAt(region, at, head, length + (spaced ? 1 : 0));
  if (given === undefined) return false;
  const evidence: Evidence[] = [
    { kind: 'dictionary', weight: surnameWeight, word: '姓' },
    { kind: 'dictionary', weight: given.weight, word: '名' },
    ...(spaced ? [{ kind: 'separators', weight: weights.spaces } as const] : []),
    ...contextOf(region, at, given.to),
  ];
  emit({ class: 'person-name', rule: 'name/whole', from: at, to: given.to, evidence, contextDone: true });
  return true;
}

function givenNameAt(region: Region, at: number, head: string, offset: number): Part | undefined {
  for (let length = 3; length >= 1; length -= 1) {
    const given = head.slice(offset, offset + length);
    if (given.length < length) continue;
    const to = at + offset + length;
    if (givenNames.has(given) && endsName(region, to, given)) return { to, weight: length === 1 ? 0.3 : 0.45 };
  }
  for (let length = 3; length >= 2; length -= 1) {
    const given = head.slice(offset, offset + length);
    const to = at + offset + length;
    if (
      given.length === length &&
      [...given].every((one) => givenNameCharacters.has(one)) &&
      endsName(region, to, given)
    )
      return { to, weight: 0.2 };
  }
  return undefined;
}

/** 石川県, 田中製作所: more kanji mean something else, but for what is said of persons. */
function endsName(region: Region, to: number, name: string): boolean {
  if (to > region.to) return false;
  const unit = region.text.charCodeAt(to);
  if (isHan(unit))
    return honorificBehind.test(region.text.slice(to, to + 6)) || /^(?:宅|邸|本人)/.test(region.text.slice(to, to + 2));
  const hiragana = /^[ぁ-ん]/;
  return !(hiragana.test(name) && hiragana.test(region.text[to] ?? '') && !particle.test(region.text[to]!));
}

function proposeSurname(region: Region, at: number, length: number, surnameWeight: number, emit: Emit): boolean {
  const to = at + length;
  if (!endsName(region, to, '') || politeWords.test(region.text.slice(at, to + 1))) return false;
  // 石川プラント, 森ビル: a word in katakana or Latin letters makes a firm of it.
  if (/^[ァ-ヶA-Za-z0-9]/.test(region.text.slice(to, to + 1))) return false;
  const context = contextOf(region, at, to);
  if (context.length === 0) return false;
  const evidence: Evidence[] = [{ kind: 'dictionary', weight: surnameWeight, word: '姓' }, ...context];
  emit({ class: 'person-name', rule: 'name/family', from: at, to, evidence, contextDone: true });
  return true;
}

/** Titles behind, labels in front, heads of columns. */
export function contextOf(region: Region, from: number, to: number): Evidence[] {
  const honorific = honorificBehind.exec(region.after(to, 6))?.[0].trim();
  const before = region.before(from, 20);
  const label = honorific === undefined ? labelInFront.exec(before)?.[0] : undefined;
  const beside = honorific ?? (label === undefined ? undefined : label.replace(/[^\p{L}]+$/u, ''));
  if (beside !== undefined)
    return [
      { kind: 'context', weight: weights.context, word: beside },
      { kind: 'beside-label', weight: 0.2 },
    ];
  if (region.table !== undefined) {
    const { column, row, left } = region.headings(from);
    const heading = [column, left, row].find((one) => nameColumn.test(one));
    if (heading !== undefined)
      return [{ kind: 'context', weight: weights.context, word: nameColumn.exec(heading)![0] }];
  }
  const near = labelNear.exec(before)?.[0];
  return near === undefined ? [] : [{ kind: 'context', weight: weights.context, word: near.slice(0, 2) }];
}
