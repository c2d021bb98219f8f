// SPDX-License-Identifier: Apache-2.0
import type { PiiAction } from './classes.ts';

/** One reason for or against a finding. `word` is a word of the rules that stood beside it, never the value that was found. */
export interface Evidence {
  readonly kind:
    | 'shape'
    | 'check-digit'
    | 'failed-check-digit'
    | 'separators'
    | 'number-plan'
    | 'dictionary'
    | 'beside-label'
    | 'context'
    | 'exclusion';
  readonly weight: number;
  readonly word?: string;
}

/** Something personal in a text. Positions are UTF-16 code units of the text given to `detect`. It holds no value. */
export interface Finding {
  /** A name of `piiClasses`, or of a company's pattern. */
  readonly class: string;
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  /** 0 to 1. */
  readonly score: number;
  /** Between the limits of suspicion and of a hit: for review, acted on only under strict policies. */
  readonly suspect: boolean;
  readonly evidence: readonly Evidence[];
  readonly action: PiiAction;
}

/** What a rule proposes, in units of its region's text, before the context is looked at. */
export interface Candidate {
  readonly class: string;
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  readonly evidence: readonly Evidence[];
  /** The rule has looked at the context itself. */
  readonly contextDone?: boolean;
}

/** Takes candidates from rules. */
export type Emit = (candidate: Candidate) => void;
