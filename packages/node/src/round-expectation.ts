// SPDX-License-Identifier: Apache-2.0
import type { OpenRound, ProgrammeState } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import { plannedThresholds, type RunPlan } from '@kiban/training';

export interface RoundExpectation {
  readonly state: Pick<ProgrammeState, 'programme'>;
  /** The plan that the steward approved. */
  readonly plan: Pick<RunPlan, 'participants' | 'aggregation'>;
  /** What the hub announced for this round. */
  readonly round: {
    readonly base: Pick<OpenRound['base'], 'digest'>;
    readonly scales: Pick<OpenRound['scales'], 'digest'>;
  };
  /** Values of the model, or 0 when only scalars are asked for. */
  readonly wordCount: number;
  /** Digest of what the instance is about: the plan's text for an update, the candidate for a judgement. */
  readonly terms: string;
}

/** What the steward approved, against what the hub now asks for. @returns the first difference; undefined when there is none. */
export function unexpectedIn(asked: AggregationPlan, expected: RoundExpectation): string | undefined {
  const { state, plan, round } = expected;
  const roster = asked.roster.map((member) => member.organisation).sort();
  if (asked.programme !== state.programme) return 'the instance belongs to another programme';
  if (roster.join() !== [...plan.participants].sort().join()) return 'the roster is not that of the approved plan';
  if (asked.baseDigest !== round.base.digest || asked.scalesDigest !== round.scales.digest)
    return 'another base or other scales than announced';
  if (asked.wordCount !== expected.wordCount)
    return `${asked.wordCount} words asked for, the model has ${expected.wordCount}`;
  if (asked.termsDigest !== expected.terms) return 'other terms than those approved';
  if (asked.bits !== plan.aggregation.bits || asked.levelLimit !== plan.aggregation.levelLimit)
    return 'other levels than the plan says';
  const { threshold, quorum } = plannedThresholds(plan);
  if (asked.threshold !== threshold || asked.quorum !== quorum) return 'another threshold or quorum than approved';
  return undefined;
}
