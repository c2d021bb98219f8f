// SPDX-License-Identifier: Apache-2.0
import {
  corporateNumberHolds,
  drivingLicenceHolds,
  individualNumberHolds,
  insurerNumberHolds,
  luhnHolds,
} from '../check-digits.ts';
import type { PiiClass } from '../classes.ts';

/** A class of number as groups of digits. */
export interface NumberClass {
  readonly class: PiiClass;
  /** Lengths of the groups as people write them. */
  readonly groupings: readonly (readonly number[])[];
  /** Absent where the class has no public check digit. */
  readonly check?: (digits: string) => boolean;
  /** A failed check is no sign against it. */
  readonly checkNeverVetoes?: boolean;
  /** Digits that such a number must begin with. */
  readonly prefix?: RegExp;
  /** The prefix is evidence. */
  readonly prefixTells?: boolean;
  /** Hyphens are no sign for it. */
  readonly writtenWhole?: boolean;
  /** Without one of its words near it is never proposed: too many other things look like it. */
  readonly contextOnly?: boolean;
}

// Codes of the prefectural public safety commissions.
const licencePrefix = /^(?:1[0-4]|2[0-5]|30|4[0-9]|5[0-5]|6[0-5]|7[0-4]|8[0-3]|9[0-7])/;
// Visa, Mastercard, JCB, American Express, Diners, Discover, UnionPay.
const cardPrefix = /^(?:4|5[1-5]|2(?:2[2-9]|[3-6]|7[01])|35(?:2[89]|[3-8])|3[47]|3(?:0[0-5]|[68])|6011|65|62)/;
const cardLength = (digits: string) =>
  /^3[47]/.test(digits)
    ? digits.length === 15
    : /^3(?:0[0-5]|[68])/.test(digits)
      ? digits.length === 14
      : digits.length === 16;

export const numberClasses: readonly NumberClass[] = [
  { class: 'individual-number', groupings: [[12], [4, 4, 4]], check: individualNumberHolds },
  {
    class: 'driving-licence-number',
    groupings: [[12], [4, 4, 4]],
    check: drivingLicenceHolds,
    checkNeverVetoes: true,
    prefix: licencePrefix,
    prefixTells: true,
    writtenWhole: true,
  },
  {
    class: 'corporate-number',
    groupings: [[13], [1, 4, 4, 4], [1, 12]],
    check: corporateNumberHolds,
    prefix: /^[1-9]/,
  },
  {
    class: 'payment-card-number',
    groupings: [[16], [15], [14], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4]],
    check: (digits) => cardLength(digits) && luhnHolds(digits),
    prefix: cardPrefix,
    prefixTells: true,
  },
  // 法別番号 of the employees' and medical systems, then prefecture, insurer, check.
  {
    class: 'health-insurer-number',
    groupings: [[8]],
    check: insurerNumberHolds,
    prefix: /^(?:0[1-7]|1[0-9]|2[0-9]|3[0-9]|5[1-6]|6[0-9]|7[0-9]|8[0-1])/,
    contextOnly: true,
  },
  { class: 'health-insurer-number', groupings: [[6]], check: insurerNumberHolds, contextOnly: true },
  { class: 'resident-record-code', groupings: [[11]], contextOnly: true },
  { class: 'basic-pension-number', groupings: [[4, 6], [10]], contextOnly: true },
  { class: 'employment-insurance-number', groupings: [[4, 6, 1], [11]], contextOnly: true },
  { class: 'care-insurance-number', groupings: [[10]], contextOnly: true },
  { class: 'medical-institution-code', groupings: [[7], [10]], contextOnly: true },
  { class: 'bank-account', groupings: [[7]], contextOnly: true },
];

/** A grouping as one integer: five bits a group, the first lowest. */
export function groupingKey(lengths: readonly number[]): number {
  return lengths.reduceRight((key, length) => key * 32 + Math.min(length, 31), 0);
}

/** Which classes a grouping may be. */
export const classesByGrouping: ReadonlyMap<number, readonly NumberClass[]> = Map.groupBy(
  numberClasses.flatMap((numberClass) =>
    numberClass.groupings.map((grouping) => ({ key: groupingKey(grouping), numberClass })),
  ),
  ({ key }) => key,
)
  .entries()
  .reduce(
    (map, [key, rows]) =>
      map.set(
        key,
        rows.map(({ numberClass }) => numberClass),
      ),
    new Map<number, readonly NumberClass[]>(),
  );
