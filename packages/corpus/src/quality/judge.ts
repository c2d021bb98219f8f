// SPDX-License-Identifier: Apache-2.0
import type { QualityLabels } from './quality-labels.ts';
import type { QualityProfile } from './quality-profile.ts';

/** Stable machine names, made from the label: `letters-below`, `meanSentence-above`, `language`. */
export type QualityReason = string;

export interface QualityVerdict {
  readonly keep: boolean;
  /** Every limit that is missed, in the profile's order; empty when the text is kept. */
  readonly reasons: readonly QualityReason[];
}

/** Judges labels, stored or fresh, without the text. A label that is missing misses no limit. */
export function judge(labels: QualityLabels, profile: QualityProfile): QualityVerdict {
  const { languages, limits } = profile.kinds[labels.kind];
  const reasons: QualityReason[] = [];
  if (languages !== undefined && !languages.includes(labels.language)) reasons.push('language');
  for (const { label, min, max } of limits) {
    const value = labels.values[label];
    if (value === undefined) continue;
    // A value that is not a number misses its limits.
    if (min !== undefined && !(value >= min)) reasons.push(`${label}-below`);
    if (max !== undefined && !(value <= max)) reasons.push(`${label}-above`);
  }
  return { keep: reasons.length === 0, reasons };
}
