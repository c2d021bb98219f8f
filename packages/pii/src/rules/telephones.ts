// SPDX-License-Identifier: Apache-2.0
import type { PiiClass } from '../classes.ts';
import { areaCodes, beginsWithAreaCode } from '../dictionaries/area-codes.ts';
import { beginsAlone, type DigitGroups, endsAlone } from '../digit-groups.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

const bare = /0\d{9,10}(?!\d)/y;
/** 03-1234-5678, 03(1234)5678, (03)1234-5678, 0123 45 6789, 045.123.4567. */
const grouped = /(0\d{1,4})(?:[- .]|\) ?|\()(\d{1,4})(?:[- .]|\) ?)(\d{3,4})(?!\d)/y;
const international = /(?:010-)?81[- ]?(?:\(0\)[- ]?)?(\d{1,4})[- ]?(\d{2,4})[- ]?(\d{4})(?!\d)/y;

/** Telephone numbers of the Japanese numbering plan. Two hyphens, or one pair of brackets, make one self-evident where the plan agrees. */
export function findTelephones(region: Region, groups: DigitGroups, emit: Emit): void {
  const { text } = region;
  let done = 0;
  for (let group = 0; group < groups.count; group += 1) {
    const at = groups.from[group]!;
    if (at < done) continue;
    const end =
      text[at] === '0'
        ? (proposeGrouped(region, at, emit) ?? proposeInternational(region, at, emit) ?? proposeBare(region, at, emit))
        : proposeInternational(region, at, emit);
    if (end !== undefined) done = end;
  }
}

function proposeGrouped(region: Region, at: number, emit: Emit): number | undefined {
  const { text } = region;
  grouped.lastIndex = at;
  const match = grouped.exec(text);
  if (match === null) return undefined;
  const [all, first, second, third] = match;
  const to = at + all.length;
  const opened = text[at - 1] === '(' ? at - 1 : at;
  if (to > region.to || !beginsAlone(text, opened) || !endsAlone(text, to)) return undefined;
  const numberClass = classOf(first!, second!, third!);
  if (numberClass === undefined) return undefined;
  const spaced = all.includes(' ') || all.includes('.');
  // Columns of readings begin with 0 and a space as well; mobile numbers have a form of their own.
  const weight =
    spaced && numberClass !== 'mobile-number' ? weights.selfEvident - weights.separators : weights.selfEvident;
  const evidence: Evidence[] = [
    { kind: 'shape', weight },
    { kind: 'number-plan', weight: 0 },
  ];
  emit({ class: numberClass, rule: 'telephone/groups', from: opened, to, evidence });
  return to;
}

function proposeBare(region: Region, at: number, emit: Emit): number | undefined {
  const { text } = region;
  bare.lastIndex = at;
  const digits = bare.exec(text)?.[0];
  if (digits === undefined || at + digits.length > region.to) return undefined;
  if (!beginsAlone(text, at) || !endsAlone(text, at + digits.length)) return undefined;
  const numberClass =
    digits.length === 11
      ? classOf(digits.slice(0, 3), digits.slice(3, 7), digits.slice(7))
      : (serviceClass(digits) ?? (beginsWithAreaCode(digits) ? 'landline-number' : undefined));
  if (numberClass === undefined) return undefined;
  const evidence: Evidence[] = [
    { kind: 'shape', weight: weights.bare },
    { kind: 'number-plan', weight: weights.numberPlan },
  ];
  emit({ class: numberClass, rule: 'telephone/digits', from: at, to: at + digits.length, evidence });
  return at + digits.length;
}

function proposeInternational(region: Region, at: number, emit: Emit): number | undefined {
  const { text } = region;
  const plus = text[at - 1] === '+';
  if (!plus && !text.startsWith('010-81', at)) return undefined;
  international.lastIndex = at;
  const match = international.exec(text);
  if (match === null || at + match[0].length > region.to || !endsAlone(text, at + match[0].length)) return undefined;
  const digits = `0${match[1]}${match[2]}${match[3]}`;
  const numberClass =
    digits.length === 11
      ? classOf(digits.slice(0, 3), digits.slice(3, 7), digits.slice(7))
      : digits.length === 10 && beginsWithAreaCode(digits)
        ? 'landline-number'
        : undefined;
  if (numberClass === undefined) return undefined;
  const to = at + match[0].length;
  const evidence: Evidence[] = [{ kind: 'shape', weight: weights.selfEvident }];
  emit({ class: numberClass, rule: 'telephone/international', from: plus ? at - 1 : at, to, evidence });
  return to;
}

/** What the plan says of three groups, undefined where it knows no such number. */
function classOf(first: string, second: string, third: string): PiiClass | undefined {
  const digits = first + second + third;
  if (digits.length === 11 && first.length === 3 && second.length === 4) {
    if (/^0[6-9]0$/.test(first) && first !== '0800' && second[0] !== '0') return 'mobile-number';
    if (first === '050' && second[0] !== '0') return 'ip-phone-number';
    if (first === '020' && second[0] !== '0') return 'service-number';
  }
  const service = serviceClass(digits);
  if (service !== undefined && first.length === 4) return service;
  return digits.length === 10 && third.length === 4 && areaCodes.has(first) ? 'landline-number' : undefined;
}

/** Free, shared-cost and premium numbers: 0120, 0170, 0180, 0570, 0990 with ten digits, 0800 with eleven. */
function serviceClass(digits: string): PiiClass | undefined {
  if (digits.length === 10 && /^0(?:120|170|180|570|990)/.test(digits)) return 'service-number';
  return digits.length === 11 && digits.startsWith('0800') ? 'service-number' : undefined;
}
