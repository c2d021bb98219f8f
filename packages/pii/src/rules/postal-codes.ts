// SPDX-License-Identifier: Apache-2.0
import { prefectures } from '../dictionaries/places.ts';
import { beginsAlone, type DigitGroups, endsAlone } from '../digit-groups.ts';
import type { Emit, Evidence } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

const marked = /〒 ?(\d{3}-\d{4}|\d{7})(?!\d)/g;

/** 〒NNN-NNNN; without the mark, where 郵便番号 stands beside it or a prefecture follows. */
export function findPostalCodes(region: Region, groups: DigitGroups, emit: Emit): void {
  const { text } = region;
  if (region.line.includes('〒'))
    for (const match of region.line.matchAll(marked)) {
      const from = region.from + match.index;
      const evidence = [{ kind: 'shape', weight: weights.selfEvident } as const];
      emit({
        class: 'postal-code',
        rule: 'postal-code/mark',
        from,
        to: from + match[0].length,
        evidence,
        contextDone: true,
      });
    }
  for (let first = 0; first + 1 < groups.count; first += 1) {
    if (groups.lengthOf(first) !== 3 || groups.lengthOf(first + 1) !== 4) continue;
    const from = groups.from[first]!;
    const to = groups.to[first + 1]!;
    if (
      to - from !== 8 ||
      text[from + 3] !== '-' ||
      /〒 ?$/.test(text.slice(Math.max(0, from - 2), from)) ||
      !beginsAlone(text, from) ||
      !endsAlone(text, to)
    )
      continue;
    const follows = text.slice(to, to + 6).trimStart();
    const evidence: Evidence[] = [
      { kind: 'shape', weight: weights.bare },
      { kind: 'separators', weight: weights.separators },
    ];
    if (prefectures.some((prefecture) => follows.startsWith(prefecture)))
      evidence.push({ kind: 'dictionary', weight: weights.checkDigit });
    emit({ class: 'postal-code', rule: 'postal-code/groups', from, to, evidence });
  }
}
