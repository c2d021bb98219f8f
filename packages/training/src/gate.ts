// SPDX-License-Identifier: Apache-2.0
import type { RunPlan } from './run-plan.ts';

/** What the hub can see without data: the opened mean update. */
export interface UpdateFigures {
  readonly finite: boolean;
  /** Euclidean norm of the mean update. */
  readonly norm: number;
  /** Share of clipped values over all survivors, 0..1. */
  readonly clippedFraction: number;
}

/** Opened sums over the members that answered; losses in nats per token, each member counts once. */
export interface HeldOutFigures {
  readonly members: number;
  readonly baseLossSum: number;
  readonly candidateLossSum: number;
  /** Members whose own loss rose by more than four times the tolerance. */
  readonly worseMembers: number;
}

export type GateVerdict =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'rejected'; readonly reason: GateReason; readonly measured: number; readonly limit: number };

export type GateReason = 'not-finite' | 'norm-too-large' | 'held-out-loss-rose' | 'members-harmed';

/** Before any member is asked. `runningNorm` is the mean norm of the accepted rounds so far, or undefined in the first. */
export function judgeUpdate(plan: RunPlan, figures: UpdateFigures, runningNorm: number | undefined): GateVerdict {
  if (!figures.finite || !Number.isFinite(figures.norm))
    return { outcome: 'rejected', reason: 'not-finite', measured: Number.NaN, limit: 0 };
  if (runningNorm !== undefined && figures.norm > plan.gate.maximumNormRatio * runningNorm)
    return {
      outcome: 'rejected',
      reason: 'norm-too-large',
      measured: figures.norm,
      limit: plan.gate.maximumNormRatio * runningNorm,
    };
  return { outcome: 'accepted' };
}

/** Largest accepted rise of the held-out loss in this round (first round is 1), in nats per token. */
export function lossTolerance(plan: RunPlan, round: number): number {
  return round <= 3 ? plan.gate.maximumLossIncreaseAtFirst : plan.gate.maximumLossIncrease;
}

/** After the members' held-out losses were opened as sums. */
export function judgeHeldOut(plan: RunPlan, round: number, figures: HeldOutFigures): GateVerdict {
  const rise = (figures.candidateLossSum - figures.baseLossSum) / figures.members;
  const tolerance = lossTolerance(plan, round);
  if (!(rise <= tolerance))
    return { outcome: 'rejected', reason: 'held-out-loss-rose', measured: rise, limit: tolerance };
  const harmLimit = Math.floor(figures.members / 3);
  if (figures.worseMembers > harmLimit)
    return { outcome: 'rejected', reason: 'members-harmed', measured: figures.worseMembers, limit: harmLimit };
  return { outcome: 'accepted' };
}
