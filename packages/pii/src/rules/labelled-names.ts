// SPDX-License-Identifier: Apache-2.0
import { surnameReadings } from '../dictionaries/surnames.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';
import { kanaLabel, labelCharacters, labelInRun, organisationCharacters, strongLabel } from './name-words.ts';
import { findPersonName } from './person-names.ts';

const kanjiName =
  /[\p{Script=Han}々ヶ]{1,4}[ 　]?[\p{Script=Han}々\p{Script=Hiragana}\p{Script=Katakana}ー]{1,4}(?=[\s、。,()（）|」\]]|$|様|殿|氏|さん)/uy;
const kanaName = /(?:[ァ-ヶー]{2,8}[ ・]?[ァ-ヶー]{2,8}|[ぁ-ん]{2,6} [ぁ-ん]{2,6})(?![ァ-ヶーぁ-んA-Za-z])/y;
const kanaWithHonorific = /(?<![ァ-ヶー])([ァ-ヶー]{2,6})(?: ?[ァ-ヶー]{2,6})?(?= ?(?:様|さん|氏|殿))/g;
const cellName = /^ ?([\p{Script=Han}々ヶ]{1,4}[ 　]?[\p{Script=Han}々\p{Script=Hiragana}ァ-ヶー]{1,4}) ?$/u;
const nameHeading = /氏名|名前|社員名|従業員名|担当者/;

/** Names by their labels: 氏名 with a name that no dictionary knows, フリガナ, a label grown together with the name, columns of tables. */
export function findLabelledNames(region: Region, emit: Emit): void {
  const { line } = region;
  if (labelCharacters.test(line)) {
    for (const match of line.matchAll(labelInRun))
      findPersonName(region, region.from + match.index + match[0].length, emit);
    for (const match of line.matchAll(strongLabel))
      proposeAfter(region, match.index + match[0].length, kanjiName, match[0], 'name/labelled', emit);
  }
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
