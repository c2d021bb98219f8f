// SPDX-License-Identifier: Apache-2.0
import { candidateColumns, countLimit, sketchRows } from '@kiban/corpus';
import type { OpenTokenizerRound, ProgrammeState } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import { plannedThresholds, plannedTokenizer, type RunPlan } from '@kiban/training';

export interface TokenizerExpectation {
  readonly state: Pick<ProgrammeState, 'programme' | 'planDigest'>;
  /** The plan that the steward approved. */
  readonly plan: Pick<RunPlan, 'participants' | 'aggregation' | 'tokenizer'>;
  /** What the hub announced. */
  readonly round: OpenTokenizerRound;
}

/** A round that the approved plan has no place for. @returns why; undefined for one that it allows */
export function unexpectedTokenizerRound({ state, plan, round }: TokenizerExpectation): string | undefined {
  const { training, maximumRounds, candidates } = plan.tokenizer;
  if (training !== 'federated') return 'the approved plan takes its tokenizer from the public corpus alone';
  if (round.round > maximumRounds) return `round ${round.round} on the tokenizer, ${maximumRounds} were approved`;
  if (round.candidates !== null && round.candidates.count > candidates)
    return `${round.candidates.count} candidates, ${candidates} were approved`;
  const kind = round.candidates === null ? 'pairs' : 'candidates';
  if (round.instance !== `${state.programme}.t${round.round}.${kind}`) return 'the instance is not that of its round';
  return undefined;
}

/** The sum of counts that the steward approved, against the one that the hub asks for. @returns the first difference; undefined when there is none */
export function unexpectedInTokenizerSum(asked: AggregationPlan, expected: TokenizerExpectation): string | undefined {
  const { state, plan, round } = expected;
  const fault = unexpectedTokenizerRound(expected);
  if (fault !== undefined) return fault;
  const roster = asked.roster.map((member) => member.organisation).sort();
  if (asked.programme !== state.programme) return 'the instance belongs to another programme';
  if (roster.join() !== [...plan.participants].sort().join()) return 'the roster is not that of the approved plan';
  if (asked.baseDigest !== round.merges.digest) return 'other merges than announced';
  if (asked.scalesDigest !== (round.candidates ?? round.merges).digest) return 'other candidates than announced';
  if (asked.termsDigest !== state.planDigest) return 'other terms than those approved';
  const wordCount =
    round.candidates === null
      ? 2 * sketchRows * plannedTokenizer(plan).sketchWidth
      : candidateColumns * round.candidates.count;
  if (asked.wordCount !== wordCount || asked.scalars.length > 0)
    return `${asked.wordCount} words and ${asked.scalars.length} scalars asked for, the plan gives ${wordCount} words`;
  if (asked.bits !== 32 || asked.levelLimit !== countLimit) return 'other words than counts have';
  const { threshold, quorum } = plannedThresholds(plan);
  if (asked.threshold !== threshold || asked.quorum !== quorum) return 'another threshold or quorum than approved';
  return undefined;
}
