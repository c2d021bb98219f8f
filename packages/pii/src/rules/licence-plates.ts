// SPDX-License-Identifier: Apache-2.0
import { vehiclePlaces } from '../dictionaries/vehicle-places.ts';
import type { DigitGroups } from '../digit-groups.ts';
import type { Emit } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

/** 分類番号, kana (not お, し, へ, ん; letters for the forces stationed in Japan), 一連指定番号. NFKC has made the dots ・. */
const rest =
  /(?:\d{1,3}|\d{1,2}[A-HJ-NPR-Z]{1,2}) ?([あ-えか-さす-ふほ-をEHKMTYよ]) ?((?:[・.]{1,3} ?){0,3}\d{1,4}|\d{2}-\d{2})(?![\d-])/y;
const lastCharacters = new Set([...vehiclePlaces].map((place) => place.at(-1)!));
const longest = Math.max(...[...vehiclePlaces].map((place) => place.length));

/** 品川 330 あ 12-34, 品川330あ・・・1. */
export function findLicencePlates(region: Region, groups: DigitGroups, emit: Emit): void {
  const { text } = region;
  for (let group = 0; group < groups.count; group += 1) {
    if (groups.lengthOf(group) > 3) continue;
    const at = groups.from[group]!;
    const placeEnd = text[at - 1] === ' ' ? at - 1 : at;
    if (!lastCharacters.has(text[placeEnd - 1] ?? '')) continue;
    const from = placeStart(region, placeEnd);
    if (from === undefined) continue;
    rest.lastIndex = at;
    const match = rest.exec(text);
    if (match === null || at + match[0].length > region.to) continue;
    emit({
      class: 'licence-plate',
      rule: 'plate',
      from,
      to: at + match[0].length,
      evidence: [
        { kind: 'shape', weight: weights.selfEvident },
        { kind: 'dictionary', weight: 0 },
      ],
    });
  }
}

function placeStart(region: Region, end: number): number | undefined {
  for (let length = longest; length >= 1; length -= 1) {
    const from = end - length;
    if (from >= region.from && vehiclePlaces.has(region.text.slice(from, end))) return from;
  }
  return undefined;
}
