// SPDX-License-Identifier: Apache-2.0
import { beginsAlone, type DigitGroups, endsAlone } from '../digit-groups.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';
import { classesByGrouping, type NumberClass } from './number-classes.ts';

/** Numbers of fixed groups of digits, alone or apart by one hyphen or space throughout. */
export function findGroupedNumbers(region: Region, groups: DigitGroups, emit: Emit): void {
  const { text } = region;
  for (let first = 0; first < groups.count; first += 1) {
    let key = Math.min(groups.lengthOf(first), 31);
    propose(region, groups, first, first, '', classesByGrouping.get(key), emit);
    const separator = text[groups.to[first]!];
    if (separator !== '-' && separator !== ' ') continue;
    let place = 32;
    for (let last = first + 1; last < Math.min(first + 4, groups.count); last += 1) {
      if (groups.from[last]! - groups.to[last - 1]! !== 1 || text[groups.to[last - 1]!] !== separator) break;
      key += Math.min(groups.lengthOf(last), 31) * place;
      place *= 32;
      propose(region, groups, first, last, separator, classesByGrouping.get(key), emit);
    }
  }
}

function propose(
  region: Region,
  groups: DigitGroups,
  first: number,
  last: number,
  separator: string,
  classes: readonly NumberClass[] | undefined,
  emit: Emit,
): void {
  if (classes === undefined) return;
  const { text } = region;
  const from = groups.from[first]!;
  const to = groups.to[last]!;
  if (!beginsAlone(text, from) || !endsAlone(text, to)) return;
  if (separator === ' ' && continues(text, groups, first, last)) return;
  const written = text.slice(from, to);
  const digits = separator === '' ? written : written.replaceAll(separator, '');
  for (const numberClass of classes) {
    if (numberClass.prefix?.test(digits) === false) continue;
    emit({
      class: numberClass.class,
      rule: `${numberClass.class}/${separator === '' ? 'digits' : 'groups'}`,
      from,
      to,
      evidence: evidenceOf(numberClass, digits, separator),
    });
  }
}

/** Readings in columns are apart by spaces as well, but there are more of them. */
function continues(text: string, groups: DigitGroups, first: number, last: number): boolean {
  const touches = (left: number, right: number) =>
    left >= 0 && right < groups.count && groups.from[right]! - groups.to[left]! === 1 && text[groups.to[left]!] === ' ';
  return touches(first - 1, first) || touches(last, last + 1);
}

function evidenceOf(numberClass: NumberClass, digits: string, separator: string): Evidence[] {
  const { check } = numberClass;
  const evidence: Evidence[] = [
    { kind: 'shape', weight: check === undefined ? weights.bareWithoutCheck : weights.bare },
  ];
  if (separator !== '' && numberClass.writtenWhole !== true)
    evidence.push({ kind: 'separators', weight: separator === '-' ? weights.separators : weights.spaces });
  if (numberClass.prefixTells === true) evidence.push({ kind: 'number-plan', weight: weights.numberPrefix });
  if (check?.(digits) === true) evidence.push({ kind: 'check-digit', weight: weights.checkDigit });
  else if (check !== undefined && numberClass.checkNeverVetoes !== true)
    evidence.push({ kind: 'failed-check-digit', weight: 0 });
  return evidence;
}
