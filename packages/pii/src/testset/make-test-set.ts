// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import { corporateNumberHolds, individualNumberHolds, insurerNumberHolds, luhnHolds } from '../check-digits.ts';
import { type PiiClass, piiClassNames } from '../classes.ts';
import { cleanLine } from './clean-lines.ts';
import type { Expectation, LabelledSample } from './labelled-sample.ts';
import { bareSentences, sentences } from './sentences.ts';
import { syntheticFamilyName, syntheticKanaName } from './synthetic-people.ts';
import { syntheticValues } from './synthetic-values.ts';
import { dashVariants, toFullWidth, toKanjiDigits, withDash, withWrongCheck, wrapped } from './typed-variants.ts';

/** Classes whose digits people also write in kanji. */
const kanjiClasses: ReadonlySet<PiiClass> = new Set([
  ...([
    'individual-number',
    'driving-licence-number',
    'basic-pension-number',
    'payment-card-number',
    'corporate-number',
  ] as const),
  ...([
    'mobile-number',
    'landline-number',
    'ip-phone-number',
    'bank-account',
    'health-insurer-number',
    'resident-record-code',
  ] as const),
]);
const dashClasses: ReadonlySet<PiiClass> = new Set([
  ...([
    'individual-number',
    'payment-card-number',
    'basic-pension-number',
    'employment-insurance-number',
    'mobile-number',
  ] as const),
  ...([
    'landline-number',
    'ip-phone-number',
    'service-number',
    'postal-code',
    'postal-savings-account',
    'licence-plate',
  ] as const),
]);
const wrappedClasses: ReadonlySet<PiiClass> = new Set([
  ...([
    'individual-number',
    'driving-licence-number',
    'payment-card-number',
    'basic-pension-number',
    'mobile-number',
  ] as const),
  ...([
    'landline-number',
    'corporate-number',
    'bank-account',
    'resident-record-code',
    'health-insurer-number',
  ] as const),
]);
const digitsOf = (text: string) => text.replace(/\D/g, '');
const checks: Partial<Record<PiiClass, (text: string) => boolean>> = {
  'individual-number': (text) => individualNumberHolds(digitsOf(text)),
  'corporate-number': (text) => corporateNumberHolds(digitsOf(text)),
  'health-insurer-number': (text) => insurerNumberHolds(digitsOf(text)),
  'payment-card-number': (text) => luhnHolds(digitsOf(text)),
};
/** Forms that tell what they are without a word beside them. */
const selfEvident: ReadonlySet<PiiClass> = new Set([
  ...([
    'mobile-number',
    'landline-number',
    'ip-phone-number',
    'service-number',
    'licence-plate',
    'email-address',
  ] as const),
  ...(['postal-code', 'address', 'invoice-number'] as const),
]);

/** The labelled set: `perVariant` samples of each class in each way of typing that people use for it. The same seed gives the same set. */
export function makeTestSet(seed: string, perVariant: number): LabelledSample[] {
  const samples: LabelledSample[] = [];
  for (const name of piiClassNames) {
    const random = new SeededRandom(`${seed}/${name}`);
    const add = (
      variant: string,
      expected: Expectation,
      make: () => string,
      texts: readonly string[] = sentences[name],
    ) => {
      for (let made = 0; made < perVariant; made += 1)
        samples.push(place(random, name, variant, expected, make(), random.pick(texts)));
    };
    const value = () => {
      const typed = syntheticValues[name](random);
      // Numbers of groups are also typed as one.
      return /^\d{4}-\d{4}-\d{4}|^\d{4}-\d{6}/.test(typed) && random.chance(0.5) ? typed.replaceAll('-', '') : typed;
    };
    const grouped = () => syntheticValues[name](random);
    add('half', 'hit', value);
    add('full', 'hit', () => toFullWidth(value()));
    if (kanjiClasses.has(name)) add('kanji-digits', 'hit', () => toKanjiDigits(value()));
    if (dashClasses.has(name)) for (const dash of dashVariants) add(dash, 'hit', () => withDash(grouped(), dash));
    if (wrappedClasses.has(name)) add('wrapped', 'hit', () => wrapped(value(), random));
    const check = checks[name];
    if (check !== undefined) {
      add('wrong-check', 'suspect', () => withWrongCheck(value(), check, random));
      add('no-context', 'none', () => grouped().replaceAll('-', ''), bareSentences);
    }
    if (name === 'individual-number' || name === 'payment-card-number')
      add('separators-only', 'hit', grouped, bareSentences);
    if (selfEvident.has(name)) add('no-context', 'hit', grouped, bareSentences);
    if (name === 'person-name') {
      add('family', 'hit', () => syntheticFamilyName(random));
      add('kana', 'hit', () => syntheticKanaName(random), [
        'フリガナ：{v}',
        '氏名（カナ） {v}',
        '口座名義 {v}',
        'ふりがな　{v}',
      ]);
      add('table', 'hit', value, [
        'No\t氏名\t部署\n1\t{v}\t設備課',
        '担当者,日付,結果\n{v},4/1,OK',
        '|承認者|日付|\n|{v}|5/2|',
      ]);
    }
  }
  return samples;
}

/** Lines of nobody around it, and the span of the value. */
function place(
  random: SeededRandom,
  name: PiiClass,
  variant: string,
  expected: Expectation,
  value: string,
  sentence: string,
): LabelledSample {
  const before = random.chance(0.6) ? `${cleanLine(random)}\n` : '';
  const after = random.chance(0.6) ? `\n${cleanLine(random)}` : '';
  const at = sentence.indexOf('{v}');
  const text = before + sentence.slice(0, at) + value + sentence.slice(at + 3) + after;
  const start = before.length + at;
  return { text, variant, gold: [{ class: name, start, end: start + value.length, expected }] };
}
