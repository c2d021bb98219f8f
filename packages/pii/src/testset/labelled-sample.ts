// SPDX-License-Identifier: Apache-2.0

/** What a policy of normal strictness should make of a labelled place. */
export type Expectation = 'hit' | 'suspect' | 'none';

export interface GoldSpan {
  readonly class: string;
  readonly start: number;
  readonly end: number;
  readonly expected: Expectation;
}

/** A short synthetic text with what is in it. Every number is made from its formula, every person and place is made up. */
export interface LabelledSample {
  readonly text: string;
  readonly gold: readonly GoldSpan[];
  /** How the value is typed: `half`, `full`, `kanji-digits`, `dash-2010`, `wrapped`, `no-context`, `wrong-check`, ... */
  readonly variant: string;
}
