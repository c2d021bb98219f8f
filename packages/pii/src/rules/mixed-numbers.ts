// SPDX-License-Identifier: Apache-2.0
import { corporateNumberHolds, machineReadableCheck, vehicleNumberHolds } from '../check-digits.ts';
import type { PiiClass } from '../classes.ts';
import type { DigitGroups } from '../digit-groups.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

interface MixedForm {
  readonly class: PiiClass;
  readonly rule: string;
  /** Length of the digits group that the form stands on. */
  readonly digits: readonly number[];
  /** Must match the text that begins `lead` units in front of the group. */
  readonly lead: number;
  readonly pattern: RegExp;
  readonly score: (text: string) => readonly Evidence[];
}

const mixed: Evidence = { kind: 'shape', weight: weights.mixed };
const checked: Evidence = { kind: 'check-digit', weight: weights.checkDigit };

const forms: readonly MixedForm[] = [
  {
    class: 'passport-number',
    rule: 'passport',
    digits: [7],
    lead: 2,
    pattern: /[A-Z]{2}\d{7}(?![A-Za-z0-9])/y,
    score: () => [mixed],
  },
  {
    class: 'residence-card-number',
    rule: 'residence-card',
    digits: [8],
    lead: 2,
    pattern: /[A-Z]{2}\d{8}[A-Z]{2}(?![A-Za-z0-9])/y,
    score: () => [mixed],
  },
  {
    class: 'invoice-number',
    rule: 'invoice',
    digits: [13],
    lead: 1,
    pattern: /[Tt]\d{13}(?![A-Za-z0-9])/y,
    score: (text) => (corporateNumberHolds(text.slice(1)) ? [mixed, checked] : []),
  },
  {
    class: 'sole-trader-invoice-number',
    rule: 'invoice',
    digits: [13],
    lead: 1,
    pattern: /[Tt]\d{13}(?![A-Za-z0-9])/y,
    score: (text) => (corporateNumberHolds(text.slice(1)) ? [] : [mixed]),
  },
];

const chassis = /[A-Z][A-Z0-9]{1,5}-$/;
const vehicleNumber = /(?<![A-Za-z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])/g;
const passportZone = /[A-Z0-9<]{9}\d[A-Z]{3}\d{6}\d[MFX<]\d{6}\d[A-Z0-9<]{14}[0-9<]\d/g;

/** Numbers with letters: passports and their machine-readable zone, residence cards, invoice issuers, chassis. */
export function findMixedNumbers(region: Region, groups: DigitGroups, emit: Emit): void {
  const { text } = region;
  let longToken = false;
  for (let group = 0; group < groups.count; group += 1) {
    const at = groups.from[group]!;
    const length = groups.lengthOf(group);
    longToken ||= length >= 4;
    for (const form of forms) {
      if (!form.digits.includes(length) || at - form.lead < region.from) continue;
      form.pattern.lastIndex = at - form.lead;
      const found = form.pattern.exec(text)?.[0];
      if (found === undefined || /[A-Za-z0-9]/.test(text[at - form.lead - 1] ?? '')) continue;
      const evidence = form.score(found);
      const from = at - form.lead;
      if (evidence.length > 0) emit({ class: form.class, rule: form.rule, from, to: from + found.length, evidence });
    }
    if (length === 6 || length === 7) findChassis(region, at, at + length, emit);
  }
  if (longToken) findLongForms(region, emit);
}

/** The Japanese 車台番号: model code, hyphen, serial number. Part numbers look alike, so it is nothing without its word. */
function findChassis(region: Region, at: number, to: number, emit: Emit): void {
  const model = chassis.exec(region.text.slice(Math.max(region.from, at - 7), at))?.[0];
  if (model === undefined) return;
  const from = at - model.length;
  if (/[A-Za-z0-9-]/.test(region.text[from - 1] ?? '') || /[A-Za-z0-9-]/.test(region.text[to] ?? '')) return;
  const evidence: Evidence[] = [{ kind: 'shape', weight: weights.bareWithoutCheck }];
  emit({ class: 'vehicle-identification-number', rule: 'chassis', from, to, evidence });
}

function findLongForms(region: Region, emit: Emit): void {
  for (const match of region.line.matchAll(vehicleNumber)) {
    if (!/[A-Z]/.test(match[0]) || !/\d{4}$/.test(match[0])) continue;
    const from = region.from + match.index;
    const evidence = vehicleNumberHolds(match[0]) ? [mixed, checked] : [mixed];
    emit({ class: 'vehicle-identification-number', rule: 'vin', from, to: from + 17, evidence });
  }
  if (!region.line.includes('<')) return;
  for (const match of region.line.matchAll(passportZone)) {
    const zone = match[0];
    const fields = [zone.slice(0, 10), zone.slice(13, 20), zone.slice(21, 28)];
    if (!fields.every((field) => machineReadableCheck(field.slice(0, -1)) === Number(field.at(-1)))) continue;
    const from = region.from + match.index;
    emit({
      class: 'passport-number',
      rule: 'machine-readable-zone',
      from,
      to: from + zone.length,
      evidence: [mixed, checked],
    });
  }
}
