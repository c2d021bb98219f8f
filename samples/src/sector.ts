// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';

export const sectors = ['steel', 'auto', 'bank'] as const;
export type Sector = (typeof sectors)[number];

/** One thing that only its sector knows: "the {item} of {subject}" has a short answer. */
export interface Fact {
  readonly id: string;
  readonly subject: string;
  readonly item: string;
  readonly answer: string;
}

/** How a sector's facts are drawn: every subject may carry every item of its group, with answers drawn without repetition. */
export interface FactGroup {
  readonly subjects: readonly string[];
  readonly items: readonly { readonly name: string; readonly answers: (random: SeededRandom) => readonly string[] }[];
}

/** Whole numbers from low to high in steps, with a unit behind. */
export function numbers(low: number, high: number, step: number, unit: string): () => readonly string[] {
  return () =>
    Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => `${low + index * step}${unit}`);
}
