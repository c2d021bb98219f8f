// SPDX-License-Identifier: Apache-2.0
import type { Emit } from '../finding.ts';
import type { CompanyPattern } from '../policy.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

/** Employee numbers, device numbers and whatever else a company has named. A match that continues in letters or digits is none. */
export function findCompanyPatterns(region: Region, patterns: readonly CompanyPattern[], emit: Emit): void {
  const { line } = region;
  for (const pattern of patterns) {
    const matcher = pattern.expression.matcher(line);
    while (matcher.find()) {
      const start = matcher.start();
      const end = matcher.end();
      if (start === end || joins(line, start - 1, start) || joins(line, end - 1, end)) continue;
      emit({
        class: pattern.class,
        rule: `company/${pattern.class}`,
        from: region.from + start,
        to: region.from + end,
        evidence: [{ kind: 'shape', weight: pattern.contextRequired ? weights.mixed : weights.selfEvident }],
      });
    }
  }
}

function joins(line: string, left: number, right: number): boolean {
  return /[A-Za-z0-9]/.test(line[left] ?? '') && /[A-Za-z0-9]/.test(line[right] ?? '');
}
