// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import type { FileFault, FileOutcome } from './file-outcome.ts';
import { faultTexts, refusalTexts } from './outcome-texts.ts';

/** One line for a person: the file, what became of it, and the first place where something was dropped. */
export function describeOutcome(outcome: FileOutcome): Localised {
  const { path, reason, detail, faultCount, faults, records } = outcome;
  const first = faults[0];
  const more = detail === null ? '' : ` (${detail})`;
  const place = first === undefined ? { ja: '', en: '' } : describePlace(first);
  if (reason !== null) {
    const why = refusalTexts[reason];
    return { ja: `${path}: ${why.ja}${more}${place.ja}`, en: `${path}: ${why.en}${more}${place.en}` };
  }
  if (faultCount === 0) return { ja: `${path}: ${records}件を採用`, en: `${path}: ${records} records kept` };
  return {
    ja: `${path}: ${records}件を採用、${faultCount}箇所を除外${more}${place.ja}`,
    en: `${path}: ${records} records kept, ${faultCount} places dropped${more}${place.en}`,
  };
}

function describePlace({ reason, offset, line, within, refusal }: FileFault): Localised {
  const fault = faultTexts[reason];
  const why = refusal === undefined ? undefined : refusalTexts[refusal];
  const inside = within === undefined ? '' : `${within} `;
  return {
    ja: `。最初の箇所: ${inside}${line > 0 ? `${line}行目 ` : ''}(${offset}バイト目) ${fault.ja}${why ? `: ${why.ja}` : ''}`,
    en: `. First place: ${inside}${line > 0 ? `line ${line} ` : ''}(byte offset ${offset}), ${fault.en}${why ? `: ${why.en}` : ''}`,
  };
}
