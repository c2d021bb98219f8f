// SPDX-License-Identifier: Apache-2.0
import { givenNames } from '../dictionaries/given-names.ts';
import { foldKanji } from '../dictionaries/kanji-variants.ts';
import { surnameReadings } from '../dictionaries/surnames.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';
import {
  fieldLabels,
  kanaLabel,
  labelCharacters,
  labelInRun,
  organisationCharacters,
  strongLabel,
} from './name-words.ts';
import { findPersonName } from './person-names.ts';

const kanjiName =
  /[\p{Script=Han}々ヶ]{1,4}[ 　]?[\p{Script=Han}々\p{Script=Hiragana}\p{Script=Katakana}ー]{1,4}(?=[\s、。,()（）|」\]]|$|様|殿|氏|さん)/uy;
const kanaName = /(?:[ァ-ヶー]{2,8}[ ・]?[ァ-ヶー]{2,8}|[ぁ-ん]{2,6} [ぁ-ん]{2,6})(?![ァ-ヶーぁ-んA-Za-z])/y;
const kanaWithHonorific = /(?<![ァ-ヶー])([ァ-ヶー]{2,6})(?: ?[ァ-ヶー]{2,6})?(?= ?(?:様|さん|氏|殿))/g;
const cellName = /^ ?([\p{Script=Han}々ヶ]{1,4}[ 　]?[\p{Script=Han}々\p{Script=Hiragana}ァ-ヶー]{1,4}) ?$/u;
const nameHeading =
  /氏名|名前|社員名|従業員名|担当者|承認者|作成者|起票者|確認者|記入者|報告者|申請者|検査員|作業者|責任者|名義/;
const kanjiWithHonorific =
  /(?<![\p{Script=Han}々])[\p{Script=Han}々ヶ]{1,4} ?[\p{Script=Han}々ぁ-ん]{1,3}?(?= ?(?:様|さん|氏|殿|課長|部長|係長|主任|社長))/gu;
const kanjiRun = /[\p{Script=Han}々ヶ]{1,4} ?[\p{Script=Han}々]{1,3}(?![\p{Script=Han}々])/uy;
const labelBefore = new RegExp(`(?:${fieldLabels})(?:は|が|:|=|\\(|・| |\\t){1,3}(?=\\p{Script=Han})`, 'gu');

/** Names by their labels: 氏名 with a name that no dictionary knows, フリガナ, a label grown together with the name, columns of tables. */
export function findLabelledNames(region: Region, emit: Emit): void {
  const { line } = region;
  if (labelCharacters.test(line)) {
    for (const match of line.matchAll(labelInRun))
      findPersonName(region, region.from + match.index + match[0].length, emit);
    for (const match of line.matchAll(strongLabel))
      proposeAfter(region, match.index + match[0].length, kanjiName, match[0], 'name/labelled', emit);
  }
  findUnknownFamilies(region, emit);
  if (/[カふフ名]/.test(line))
    for (const match of line.matchAll(kanaLabel))
      proposeAfter(region, match.index + match[0].length, kanaName, match[0], 'name/kana', emit);
  for (const match of line.matchAll(kanaWithHonorific)) {
    if (!surnameReadings.has(match[1]!)) continue;
    const from = region.from + match.index;
    emit(candidate(from, from + match[0].length, 'name/kana', '敬称'));
  }
  if (region.table !== undefined && nameHeading.test(region.table.header)) proposeCells(region, emit);
}

/** A family name of no dictionary with a given name of one, beside a label or in front of an honorific. */
function findUnknownFamilies(region: Region, emit: Emit): void {
  const { line } = region;
  const propose = (at: number, name: string, word: string) => {
    if (!endsInGivenName(name) || organisationCharacters.test(name)) return;
    emit(candidate(region.from + at, region.from + at + name.length, 'name/given', word));
  };
  if (/[様んさ氏殿長任]/.test(line))
    for (const match of line.matchAll(kanjiWithHonorific)) propose(match.index, match[0], '敬称');
  for (const match of line.matchAll(labelBefore)) {
    kanjiRun.lastIndex = match.index + match[0].length;
    const run = kanjiRun.exec(line);
    if (run !== null) propose(run.index, run[0], match[0].slice(0, 3));
  }
}

function endsInGivenName(name: string): boolean {
  const folded = foldKanji(name);
  const gap = folded.indexOf(' ');
  if (gap > 0) return givenNames.has(folded.slice(gap + 1));
  for (let length = 3; length >= 2; length -= 1)
    if (folded.length > length && givenNames.has(folded.slice(-length))) return true;
  return false;
}

function proposeAfter(region: Region, at: number, pattern: RegExp, label: string, rule: string, emit: Emit): void {
  pattern.lastIndex = at;
  const found = pattern.exec(region.line)?.[0];
  if (found === undefined || organisationCharacters.test(found)) return;
  const from = region.from + at;
  emit(candidate(from, from + found.length, rule, label.replace(/[: \t(]+$/, '')));
}

function proposeCells(region: Region, emit: Emit): void {
  const { separator, header } = region.table!;
  if (region.line === header) return;
  const headings = header.split(separator);
  let at = region.from;
  for (const [index, cell] of region.line.split(separator).entries()) {
    const name = nameHeading.test(headings[index] ?? '') ? cellName.exec(cell)?.[1] : undefined;
    if (name !== undefined && !organisationCharacters.test(name)) {
      const from = at + cell.indexOf(name);
      emit(candidate(from, from + name.length, 'name/labelled', '氏名'));
    }
    at += cell.length + separator.length;
  }
}

function candidate(from: number, to: number, rule: string, word: string) {
  const evidence: Evidence[] = [
    { kind: 'shape', weight: weights.mixed },
    { kind: 'context', weight: weights.context, word },
  ];
  return { class: 'person-name', rule, from, to, evidence, contextDone: true } as const;
}
