// SPDX-License-Identifier: Apache-2.0
import type { Evidence } from './finding.ts';

/** At least this is a hit. */
export const hitScore = 0.7;
/** From here to a hit it is a suspect. */
export const suspectScore = 0.55;

/**
 * What each kind of evidence weighs. No single one but a self-evident form makes a hit: of random numbers one in ten has a right check digit,
 * and plants are full of 12 and 13-digit lot and article numbers.
 */
export const weights = {
  /** Digits alone. */
  bare: 0.1,
  /** Digits alone, of a class that has no public check digit to fail. */
  bareWithoutCheck: 0.2,
  /** Letters and digits in a fixed order. */
  mixed: 0.3,
  /** A form that hardly anything else has: an e-mail address, 〒, a telephone number with its separators, a plate. */
  selfEvident: 0.7,
  checkDigit: 0.4,
  separators: 0.3,
  /** Spaces also stand between readings. */
  spaces: 0.1,
  numberPlan: 0.2,
  numberPrefix: 0.1,
  context: 0.5,
  exclusion: -0.4,
} as const;

/** The sum of the evidence, 0 to 1. A failed check digit keeps it below a hit: it may be a typing error, or another kind of number. */
export function scoreOf(evidence: readonly Evidence[]): number {
  let sum = 0;
  let failed = false;
  for (const { kind, weight } of evidence) {
    sum += weight;
    failed ||= kind === 'failed-check-digit';
  }
  const score = Math.min(1, Math.max(0, Math.round(sum * 100) / 100));
  return failed ? Math.min(score, hitScore - 0.05) : score;
}
