// SPDX-License-Identifier: Apache-2.0
import { SegmentShadower } from './segment-shadow.ts';
import type { Shadow } from './shadow.ts';

const shadower = new SegmentShadower((segment) =>
  Array.from(segment.normalize('NFKC'), (character) => character.toLowerCase())
    .join('')
    .replace(/[\p{P}\p{S}\p{Z}\p{C}\p{M}]/gu, ''),
);

/**
 * What two copies of a document have in common however they were typed: NFKC, lower case (character by character, without context), then only
 * letters and numbers. Digits stay, as a shift log with other readings is another log.
 */
export function dedupShadow(text: string): Shadow {
  return shadower.shadow(text);
}
