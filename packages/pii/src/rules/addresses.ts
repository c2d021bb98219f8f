// SPDX-License-Identifier: Apache-2.0
import { piiClasses } from '../classes.ts';
import {
  foldPlace,
  isVagueMunicipality,
  longestMunicipality,
  municipalities,
  prefectures,
} from '../dictionaries/places.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

const number = '(?:\\d{1,5}|[一二三四五六七八九十百千〇]{1,6})';
const joint = '[-ー−‐の]';
/** 一丁目2番3号, 1丁目2-3, 2番地の3, 1-2-3. */
const block =
  `(?:${number}丁目(?: ?${number}(?:番地?|${joint})(?: ?の?${number})?(?:${joint}${number}){0,2}号?| ?${number}(?:号|番地?)?)?` +
  `|${number}番地?(?: ?の?${number}(?:${joint}${number})?号?)?|${number}(?:${joint}${number}){1,3}(?:号)?)`;
const letters = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー々ヶケ';
const buildingKinds =
  'ビルディング|ビル|マンション|ハイツ|コーポ|アパート|荘|寮|棟|タワー|レジデンス|ハウス|パレス|メゾン|ヒルズ|プラザ|社宅|団地|会館|ハイム|テラス|コート';
const building =
  `(?: ?[${letters}A-Za-z・]{0,16}?(?:${buildingKinds})(?:[${letters}]{1,10}?(?= ?\\d{2,4}(?!\\d)))?(?:[A-Z0-9]{1,2}棟)?)?` +
  `(?: ?(?:\\d{1,4}号室?|\\d{1,2}階|\\d{1,2}F|(?<=[${letters}] ?)\\d{3,4}(?!\\d|[-.年月]))){0,2}`;

/** What follows a municipality: a ward, then a town with its block, and the building. */
const ward = /[\p{Script=Han}\p{Script=Hiragana}]{1,4}?区/uy;
const townAndBlock = new RegExp(`(?: ?(?:大字|字)?[${letters}]{0,14}?) ?(?:${block})(?:${building})?`, 'uy');
const hamlet = new RegExp(`(?:大字|字)[${letters}]{1,12}?${number}(?!\\d)`, 'uy');
const townOnly = /[\p{Script=Han}\p{Script=Katakana}ヶケ々]{1,8}/uy;
/** A town without its municipality, in the full official form. */
const fullBlock = new RegExp(
  `[\\p{Script=Han}\\p{Script=Katakana}々ヶケがの]{1,10}?${number}丁目 ?${number}番(?:地|地の)? ?の?${number}号?(?:${building})?`,
  'gu',
);
/** The same with hyphens, which only a word of address beside it makes one. */
const shortBlock = new RegExp(
  `(?<=^|[\\s:はが「(、,|])[\\p{Script=Han}\\p{Script=Katakana}々ヶケがの]{2,10}?${number}(?:丁目|${joint})${number}(?:(?:番地?|${joint})${number}){0,2}号?(?:${building})?`,
  'gu',
);
/** One of the 47, or what is written like one: a name that is not in any dictionary, with a municipality and a block behind it, is an address too. */
const prefecture = new RegExp(`${prefectures.join('|')}|(?<![\\p{Script=Han}])\\p{Script=Han}{2,3}県`, 'gu');
const structural = /(?:[\p{Script=Han}]{1,4}郡)?[\p{Script=Han}\p{Script=Hiragana}ァ-ヶー]{1,6}?[市区町村]/uy;
const county = /[\p{Script=Han}]{1,4}郡$/u;
const addressWords = new RegExp(piiClasses.address.context.join('|'), 'i');

/** Addresses: prefecture and municipality as far as they are written, town, block and building. */
export function findAddresses(region: Region, emit: Emit): void {
  const { text } = region;
  let done = region.from;
  const prefectureLike = /[都道府県]/.test(region.line) ? region.line.matchAll(prefecture) : [];
  for (const match of prefectureLike) {
    const from = region.from + match.index;
    if (from < done) continue;
    const place = municipalityAfter(region, from + match[0].length);
    if (place !== undefined) done = emitAddress(region, from, place.to, place.known, true, emit);
  }
  for (let at = region.from; at < region.to; at += 1) {
    if (at < done || !isMunicipalitySuffix(text.charCodeAt(at))) continue;
    const from = municipalityStart(region, at, done);
    if (from === undefined) continue;
    const name = text.slice(from, at + 1);
    const countyLength = county.exec(text.slice(Math.max(done, from - 5), from))?.[0].length ?? 0;
    const end = emitAddress(region, from - countyLength, at + 1, !isVagueMunicipality(name), false, emit);
    if (end > at + 1) done = end;
  }
  if (/丁目|\d[-ー−‐の]\d/.test(region.line)) findBlocksAlone(region, emit);
}

/** 市, 区, 町, 村. */
export function isMunicipalitySuffix(unit: number): boolean {
  return unit === 0x5e02 || unit === 0x533a || unit === 0x753a || unit === 0x6751;
}

function municipalityAfter(region: Region, at: number): { readonly to: number; readonly known: boolean } | undefined {
  const start = region.text[at] === ' ' ? at + 1 : at;
  structural.lastIndex = start;
  const match = structural.exec(region.text);
  if (match === null || start + match[0].length > region.to) return undefined;
  // 四日市市, 廿日市市 and 町田市 hold their own suffix: the dictionary's longest wins.
  const bare = match[0].replace(/^[\p{Script=Han}]{1,4}郡/u, '');
  const nameStart = start + match[0].length - bare.length;
  for (let length = longestMunicipality; length >= 2; length -= 1)
    if (municipalities.has(foldPlace(region.text.slice(nameStart, nameStart + length))))
      return { to: nameStart + length, known: true };
  return { to: start + match[0].length, known: false };
}

function municipalityStart(region: Region, suffixAt: number, least: number): number | undefined {
  for (let length = longestMunicipality; length >= 2; length -= 1) {
    const from = suffixAt + 1 - length;
    if (from >= least && municipalities.has(foldPlace(region.text.slice(from, suffixAt + 1)))) return from;
  }
  return undefined;
}

/** Emits what stands behind a municipality; returns where it ends. */
function emitAddress(
  region: Region,
  from: number,
  municipalityEnd: number,
  known: boolean,
  withPrefecture: boolean,
  emit: Emit,
): number {
  const { text } = region;
  let at = municipalityEnd;
  if (text[municipalityEnd - 1] === '市') {
    ward.lastIndex = at;
    const found = ward.exec(text);
    if (found !== null) at += found[0].length;
  }
  townAndBlock.lastIndex = at;
  hamlet.lastIndex = at;
  const blockFound = townAndBlock.exec(text) ?? hamlet.exec(text);
  const hasBlock =
    blockFound !== null && at + blockFound[0].length <= region.to && !isQuantity(text, at + blockFound[0].length);
  const evidence: Evidence[] = [];
  if (withPrefecture)
    evidence.push({
      kind: 'dictionary',
      weight: 0.2,
      word: text.slice(from, from + 3) === '北海道' ? '道' : '都道府県',
    });
  if (hasBlock) {
    evidence.push({ kind: 'dictionary', weight: known ? 0.3 : 0.1, word: '市区町村' });
    evidence.push({ kind: 'shape', weight: 0.4 });
    const to = trimEnd(text, at + blockFound[0].length);
    emit({ class: 'address', rule: 'address/block', from, to, evidence });
    return to;
  }
  townOnly.lastIndex = at;
  const town = townOnly.exec(text);
  const to = town === null || at + town[0].length > region.to ? at : at + town[0].length;
  if (!withPrefecture) evidence.push({ kind: 'dictionary', weight: 0.1, word: '市区町村' });
  emit({ class: 'address', rule: 'address/place', from, to, evidence });
  return at;
}

/** 12-13号炉, 1-2台: what looks like a block may count things. */
function isQuantity(text: string, to: number): boolean {
  return /^(?:号(?:炉|機|線|系|ライン)|炉|機|系|ライン|台|本|個|枚|件|名|人|月|日|年|mm|kg|t\b|%|℃|°|:)/.test(
    text.slice(to, to + 4),
  );
}

function trimEnd(text: string, to: number): number {
  let end = to;
  while (text[end - 1] === ' ') end -= 1;
  return end;
}

function findBlocksAlone(region: Region, emit: Emit): void {
  for (const match of region.line.includes('丁目') ? region.line.matchAll(fullBlock) : []) {
    const from = region.from + match.index;
    const evidence: Evidence[] = [{ kind: 'shape', weight: weights.selfEvident }];
    emit({ class: 'address', rule: 'address/official-block', from, to: from + match[0].length, evidence });
  }
  const { column, row, left } = region.headings(region.from);
  if (!addressWords.test(region.before(region.from, 20) + region.line + column + row + left)) return;
  for (const match of region.line.matchAll(shortBlock)) {
    const from = region.from + match.index;
    const to = from + match[0].length;
    if (isQuantity(region.text, to)) continue;
    const evidence: Evidence[] = [{ kind: 'shape', weight: weights.bareWithoutCheck }];
    emit({ class: 'address', rule: 'address/short-block', from, to, evidence });
  }
}
