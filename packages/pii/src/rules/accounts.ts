// SPDX-License-Identifier: Apache-2.0
import { postalSavingsAccount } from '../check-digits.ts';
import { accountKinds, bankWords } from '../dictionaries/banks.ts';
import type { Emit } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

/** Whether a line can hold anything that this rule looks for. */
const anchors = /普通|当座|貯蓄|銀行|信金|信組|記号|口座|\d{5}-\d|保険証|被保険者|資格確認書/;
const kinds = accountKinds.join('|');
const banks = bankWords.join('|');

/** 普通 1234567, (普)1234567: the kind of account directly in front. */
const kindAndNumber = new RegExp(
  `(?:${kinds}|[(](?:普|当|貯)[)])(?:預金|口座)?[ :)/・]{0,3}(?:(?:No|番号)[.: ]{0,2})?(\\d{7})(?!\\d|-\\d)`,
  'gi',
);
/** 〈bank〉 〈branch〉支店 ... 1234567. */
const bankBranchAndNumber = new RegExp(
  `(?:${banks})[^\\d\\n]{0,20}(?:支店|本店|営業部|出張所)[^\\d\\n]{0,12}(\\d{7})(?!\\d|-\\d)`,
  'g',
);
/** 0001-001-普通-1234567 and 0001-001-1-1234567. */
const codes = new RegExp(`(?<![\\d-])\\d{4}-\\d{3}-(?:${kinds}|[124])-(\\d{7})(?!\\d|-)`, 'g');
const postal = /(?<![\dA-Za-z-])([01]\d{3}0)-(?:\d-)?(\d{2,8})(?![\dA-Za-z-])/g;
const postalWords = /記号[ :]{0,2}([01]\d{3}0)[^\d\n]{0,4}番号[ :]{0,2}(\d{2,8})(?!\d)/g;
const insured =
  /記号[ :・]{0,2}([0-9\p{Script=Han}ァ-ヶー-]{1,12}?)[ 、,・/]{0,3}番号[ :・]{0,2}(\d{1,8})(?:[ 、,(・]{0,2}枝番[ :・]{0,2}(\d{2}))?(?!\d)/gu;
const insuredPair = /記号[・/]?番号[ :]{0,2}([0-9\p{Script=Han}ァ-ヶー]{1,10}[-・ ]\d{1,8}(?:[ -]\d{2})?)(?![\d-])/gu;

/** Bank accounts with their words, accounts of ゆうちょ銀行, and 記号・番号 of health insurance. */
export function findAccounts(region: Region, emit: Emit): void {
  const { line } = region;
  if (!anchors.test(line)) return;
  const number = (match: RegExpExecArray, group: number) => {
    const from = region.from + match.index + match[0].lastIndexOf(match[group]!);
    return { from, to: from + match[group]!.length };
  };
  for (const pattern of [kindAndNumber, bankBranchAndNumber])
    for (const match of line.matchAll(pattern))
      emit({
        class: 'bank-account',
        rule: 'bank-account/words',
        ...number(match, 1),
        evidence: [
          { kind: 'shape', weight: weights.bareWithoutCheck },
          { kind: 'context', weight: weights.context, word: '口座' },
        ],
        contextDone: true,
      });
  for (const match of line.matchAll(codes))
    emit({
      class: 'bank-account',
      rule: 'bank-account/codes',
      from: region.from + match.index,
      to: region.from + match.index + match[0].length,
      evidence: [{ kind: 'shape', weight: weights.selfEvident }],
    });
  for (const match of line.matchAll(postal)) {
    if (postalSavingsAccount(match[1]!, match[2]!) === undefined) continue;
    const from = region.from + match.index;
    emit({
      class: 'postal-savings-account',
      rule: 'postal-savings/groups',
      from,
      to: from + match[0].length,
      evidence: [{ kind: 'shape', weight: weights.mixed }],
    });
  }
  findSymbolsAndNumbers(region, emit);
}

function findSymbolsAndNumbers(region: Region, emit: Emit): void {
  const { line } = region;
  if (!line.includes('記号')) return;
  const words = { kind: 'context', weight: weights.context, word: '記号・番号' } as const;
  for (const match of line.matchAll(postalWords)) {
    const from = region.from + match.index + match[0].indexOf(match[1]!);
    emit({
      class: 'postal-savings-account',
      rule: 'postal-savings/words',
      from,
      to: region.from + match.index + match[0].length,
      evidence: [{ kind: 'shape', weight: weights.mixed }, words],
      contextDone: true,
    });
  }
  for (const pattern of [insured, insuredPair])
    for (const match of line.matchAll(pattern)) {
      const from = region.from + match.index;
      emit({
        class: 'health-insurance-id',
        rule: 'health-insurance/words',
        from,
        to: region.from + match.index + match[0].length,
        evidence: [{ kind: 'shape', weight: weights.mixed }],
      });
    }
}
