// SPDX-License-Identifier: Apache-2.0
import { givenNames } from '../dictionaries/given-names.ts';
import { foldKanji } from '../dictionaries/kanji-variants.ts';
import { surnameReadings } from '../dictionaries/surnames.ts';
import type { Candidate, Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';
import {
  honorificBehind,
  honorificStarts,
  labelEndingAt,
  mayEndLabel,
  nameColumn,
  organisationCharacters,
} from './name-words.ts';
import { findPersonName, isHan } from './person-names.ts';

const kanjiName =
  /[\p{Script=Han}々ヶ]{1,4} ?[\p{Script=Han}々\p{Script=Hiragana}\p{Script=Katakana}ー]{1,4}(?=[\s、。,()|」\]/]|$|様|殿|氏|さん)/uy;
const kanaName = /(?:[ァ-ヶー]{2,8}[ ・]?[ァ-ヶー]{2,8}|[ぁ-ん]{2,6} [ぁ-ん]{2,6})(?![ァ-ヶーぁ-んA-Za-z])/y;
const kanjiRun = /[\p{Script=Han}々ヶ]{1,4} ?[\p{Script=Han}々]{1,3}(?![\p{Script=Han}々])/uy;
const cellName = /^ ?([\p{Script=Han}々ヶ]{1,4} ?[\p{Script=Han}々\p{Script=Hiragana}ァ-ヶー]{1,4}) ?$/u;
/** In front of an honorific. */
const kanjiAtEnd =
  /(?<![\p{Script=Han}々])([\p{Script=Han}々ヶ]{1,4} ?[\p{Script=Han}々]{1,3}|[\p{Script=Han}々]{1,4} ?[ぁ-ん]{2,3}) ?$/u;
const kanaAtEnd = /(?<![ァ-ヶー])(([ァ-ヶー]{2,6})(?: [ァ-ヶー]{2,6})?) ?$/;
const longestName = 14;

const roles = new Uint8Array(0x10000);
const labelEnd = 1;
const honorific = 2;
for (let unit = 0; unit < 0x10000; unit += 1) if (mayEndLabel(unit)) roles[unit] = labelEnd;
for (const character of honorificStarts) roles[character.charCodeAt(0)]! |= honorific;

/** Names by what stands beside them: 氏名 with a name that no dictionary knows, フリガナ, 担当田中 grown together, columns of tables. */
export function findLabelledNames(region: Region, emit: Emit): void {
  const { line } = region;
  for (let at = 1; at < line.length; at += 1) {
    const role = roles[line.charCodeAt(at)]!;
    if (role === 0) continue;
    if ((role & labelEnd) !== 0) lookBehindLabel(region, at, emit);
    if ((role & honorific) !== 0 && honorificBehind.test(line.slice(at, at + 6))) lookBeforeHonorific(region, at, emit);
  }
  if (region.table !== undefined && nameColumn.test(region.table.header)) proposeCells(region, emit);
}

function lookBehindLabel(region: Region, at: number, emit: Emit): void {
  const { line, from } = region;
  const label = labelEndingAt(line, at);
  if (label === undefined) return;
  const { word, kinds } = label;
  if (isHan(line.charCodeAt(at + 1))) {
    findPersonName(region, from + at + 1, emit);
    return;
  }
  const gap = /^(?:は|が|[:=(・\t ]|名[: ]){1,3}/.exec(line.slice(at + 1, at + 5))?.[0].length ?? 0;
  if (gap === 0) return;
  const start = at + 1 + gap;
  if (kinds.kana) propose(region, start, kanaName, 'name/kana', word, emit);
  if (kinds.strong) propose(region, start, kanjiName, 'name/labelled', word, emit);
  if (!kinds.field) return;
  kanjiRun.lastIndex = start;
  const run = kanjiRun.exec(line)?.[0];
  if (run !== undefined && endsInGivenName(run)) emit(candidate(region, start, run, 'name/given', word));
}

function propose(region: Region, at: number, pattern: RegExp, rule: string, word: string, emit: Emit): void {
  pattern.lastIndex = at;
  const found = pattern.exec(region.line)?.[0];
  if (found !== undefined && !organisationCharacters.test(found)) emit(candidate(region, at, found, rule, word));
}

/** A family name of no dictionary with a given name of one, or a common family name in kana. */
function lookBeforeHonorific(region: Region, at: number, emit: Emit): void {
  const { line } = region;
  const front = line.slice(Math.max(0, at - longestName), at);
  const start = (name: RegExpExecArray) => at - front.length + name.index;
  const kanji = kanjiAtEnd.exec(front);
  if (kanji !== null && endsInGivenName(kanji[1]!))
    emit(candidate(region, start(kanji), kanji[1]!, 'name/given', '敬称'));
  const kana = kanaAtEnd.exec(front);
  if (kana !== null && surnameReadings.has(kana[2]!))
    emit(candidate(region, start(kana), kana[1]!, 'name/kana', '敬称'));
}

function endsInGivenName(name: string): boolean {
  if (organisationCharacters.test(name)) return false;
  const folded = foldKanji(name);
  const gap = folded.indexOf(' ');
  if (gap > 0) return givenNames.has(folded.slice(gap + 1));
  for (let length = 3; length >= 2; length -= 1)
    if (folded.length > length && givenNames.has(folded.slice(-length))) return true;
  return false;
}

function proposeCells(region: Region, emit: Emit): void {
  const { separator, header } = region.table!;
  if (region.line === header) return;
  const headings = header.split(separator);
  let at = 0;
  for (const [index, cell] of region.line.split(separator).entries()) {
    const name = nameColumn.test(headings[index] ?? '') ? cellName.exec(cell)?.[1] : undefined;
    if (name !== undefined && !organisationCharacters.test(name))
      emit(candidate(region, at + cell.indexOf(name), name, 'name/labelled', '氏名'));
    at += cell.length + separator.length;
  }
}

/** `at` is a position of the line. */
function candidate(region: Region, at: number, name: string, rule: string, word: string): Candidate {
  const evidence: Evidence[] = [
    { kind: 'shape', weight: weights.mixed },
    { kind: 'context', weight: weights.context, word },
  ];
  const from = region.from + at;
  return { class: 'person-name', rule, from, to: from + name.length, evidence, contextDone: true };
}
