// SPDX-License-Identifier: Apache-2.0
import { SegmentShadower } from './segment-shadow.ts';
import type { Shadow } from './shadow.ts';

const shadower = new SegmentShadower((segment) => segment.normalize('NFKC'));

/** The text in Unicode's compatibility composition (NFKC), with the map back. */
export function nfkcShadow(text: string): Shadow {
  return shadower.shadow(text);
}
