// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';
import {
  corporateNumberCheck,
  drivingLicenceCheck,
  individualNumberCheck,
  insurerNumberCheck,
  luhnCheck,
} from '../check-digits.ts';
import type { PiiClass } from '../classes.ts';
import { syntheticAddress, syntheticName } from './synthetic-people.ts';

/** A value as it is typed in half-width letters, with hyphens where the class has them. */
type ValueMaker = (random: SeededRandom) => string;

export function randomDigits(random: SeededRandom, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('');
}

const letters = (random: SeededRandom, count: number) =>
  Array.from({ length: count }, () => random.pick([...'ABCDEFGHJKLMNPRSTUVWXYZ'])).join('');
const inGroups = (digits: string, ...lengths: number[]) => {
  const ends = lengths.map((_, index) => lengths.slice(0, index + 1).reduce((sum, length) => sum + length, 0));
  return lengths.map((length, index) => digits.slice(ends[index]! - length, ends[index])).join('-');
};

/** Area codes with the length of the exchange that follows them. */
const exchanges: readonly (readonly [string, number])[] = [
  ...(['03', '06'] as const).map((code) => [code, 4] as const),
  ...(['011', '022', '025', '045', '048', '052', '075', '078', '082', '092', '096'] as const).map(
    (code) => [code, 3] as const,
  ),
  ...(['0123', '0143', '0178', '0246', '0276', '0436', '0532', '0564', '0725', '0836', '0877', '0944'] as const).map(
    (code) => [code, 2] as const,
  ),
];
const plateKana = [...'あいうえかきくけこさすせそたちつてとなにぬねのはひふほまみむめもやゆよらりるれろわを'];

function licence(random: SeededRandom): string {
  const body = `${random.pick(['10', '14', '22', '30', '43', '54', '62', '73', '81', '95'])}${randomDigits(random, 8)}`;
  return `${body}${drivingLicenceCheck(body)}${random.below(3)}`;
}

function corporate(random: SeededRandom): string {
  const body = `${randomDigits(random, 11)}${random.below(10)}`;
  return `${corporateNumberCheck(body)}${body}`;
}

function card(random: SeededRandom): string {
  const body = `${random.pick(['4', '52', '3530', '3566', '54'])}${randomDigits(random, 15)}`.slice(0, 15);
  return inGroups(`${body}${luhnCheck(body)}`, 4, 4, 4, 4);
}

const era = (random: SeededRandom): string => {
  const [name, first, last] = random.pick([
    ['昭和', 2, 63],
    ['平成', 2, 30],
    ['令和', 2, 7],
  ] as const);
  const [year, month, day] = [random.between(first, last), random.between(1, 12), random.between(1, 28)];
  return random.pick([
    `${name}${year}年${month}月${day}日`,
    `${{ 昭和: 'S', 平成: 'H', 令和: 'R' }[name]}${year}.${month}.${day}`,
    `${random.between(1935, 2009)}年${month}月${day}日`,
    `${random.between(1935, 2009)}/${String(month).padStart(2, '0')}/${String(day).padStart(2, '0')}`,
  ]);
};

/** One maker for each class. */
export const syntheticValues: Readonly<Record<PiiClass, ValueMaker>> = {
  'individual-number': (random) => {
    const body = randomDigits(random, 11);
    return inGroups(`${body}${individualNumberCheck(body)}`, 4, 4, 4);
  },
  'driving-licence-number': licence,
  'passport-number': (random) => letters(random, 2) + randomDigits(random, 7),
  'residence-card-number': (random) => letters(random, 2) + randomDigits(random, 8) + letters(random, 2),
  'resident-record-code': (random) => `${random.between(1, 9)}${randomDigits(random, 10)}`,
  'basic-pension-number': (random) => inGroups(randomDigits(random, 10), 4, 6),
  'employment-insurance-number': (random) => inGroups(`${random.between(1, 9)}${randomDigits(random, 10)}`, 4, 6, 1),
  'care-insurance-number': (random) => `${random.between(1, 9)}${randomDigits(random, 9)}`,
  'health-insurance-id': (random) => `記号 ${random.between(10, 9999)} 番号 ${random.between(1, 99999)}`,
  'health-insurer-number': (random) => {
    const body = `${random.pick(['01', '06', '31', '33', '34', '39', '63'])}${randomDigits(random, 5)}`;
    return `${body}${insurerNumberCheck(body)}`;
  },
  'medical-institution-code': (random) => `${random.between(1, 9)}${randomDigits(random, 6)}`,
  'payment-card-number': card,
  'bank-account': (random) => `${random.between(1, 9)}${randomDigits(random, 6)}`,
  'postal-savings-account': (random) => `1${randomDigits(random, 3)}0-${randomDigits(random, 7)}1`,
  'mobile-number': (random) =>
    `${random.pick(['060', '070', '080', '090'])}-${random.between(1000, 9999)}-${randomDigits(random, 4)}`,
  'landline-number': (random) => {
    const [code, length] = random.pick(exchanges);
    const exchange = `${random.between(2, 9)}${randomDigits(random, length - 1)}`;
    return random.chance(0.15)
      ? `${code}(${exchange})${randomDigits(random, 4)}`
      : `${code}-${exchange}-${randomDigits(random, 4)}`;
  },
  'ip-phone-number': (random) => `050-${random.between(1000, 9999)}-${randomDigits(random, 4)}`,
  'service-number': (random) =>
    random.pick([
      () => `0120-${randomDigits(random, 3)}-${randomDigits(random, 3)}`,
      () => `0570-${randomDigits(random, 3)}-${randomDigits(random, 3)}`,
      () => `0800-${randomDigits(random, 3)}-${randomDigits(random, 4)}`,
    ])(),
  'corporate-number': corporate,
  'invoice-number': (random) => `T${corporate(random)}`,
  'sole-trader-invoice-number': (random) => {
    const body = randomDigits(random, 12);
    return `T${(corporateNumberCheck(body) % 9) + 1}${body}`;
  },
  'licence-plate': (random) =>
    `${random.pick(['品川', '名古屋', '神戸', '北九州', '横浜', 'なにわ', '尾張小牧', '千葉', '福山', '室蘭'])}${random.pick(['', ' '])}${random.pick(['330', '500', '11', '100', '400', '30A', '58'])}${random.pick(['', ' '])}${random.pick(plateKana)}${random.pick(['', ' '])}${random.pick(['12-34', '・・・1', '・・12', '・123', '56-78', '20-46'])}`,
  'vehicle-identification-number': (random) =>
    `${random.pick(['ZVW30', 'GRS200', 'DBA', 'NCP81', 'E52', 'MXPB10', 'LA600S'])}-${randomDigits(random, 7)}`,
  'email-address': (random) =>
    `${random.pick(['t.minato', 'shizai-kanri', 'kirino_aoi', 'k2.fujino', 'order+east', 'desk01'])}@${random.pick(['example.co.jp', 'mail.example.com', 'example.ne.jp', 'sub.example.or.jp'])}`,
  'ip-address': (random) =>
    `${random.pick([27, 60, 111, 133, 150, 210, 219])}.${random.below(256)}.${random.below(256)}.${random.between(1, 254)}`,
  coordinates: (random) =>
    `${random.between(31, 43)}.${randomDigits(random, 5)}, ${random.between(130, 144)}.${randomDigits(random, 5)}`,
  'postal-code': (random) => `〒${randomDigits(random, 3)}-${randomDigits(random, 4)}`,
  address: syntheticAddress,
  'birth-date': era,
  'person-name': syntheticName,
};
