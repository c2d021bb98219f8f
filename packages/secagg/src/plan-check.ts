// SPDX-License-Identifier: Apache-2.0
import { isKibanError } from '@kiban/core';
import { verifyKeyFromSpki } from '@kiban/crypto';
import { fitsRing } from '@kiban/tensor';
import type { AggregationPlan } from './plan.ts';
import { compareOrganisations } from './plan-text.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { longestShardBytes } from './shard-layout.ts';

/** What a node adds to the rules of the protocol. */
export interface PlanLimits {
  /** Exactly this many words, when the model is known. */
  readonly wordCount?: number;
  /** Words that fit on this node's disk. */
  readonly maxWordCount?: number;
  readonly maxLevelLimit?: number;
  readonly baseDigest?: string;
  /** Every steward approved a quorum below min(4, N): then t (at least 3) is enough. */
  readonly lowQuorumApproved?: boolean;
}

export const fewestMembers = 3;
export const mostMembers = 32;

/** t = floor(2N/3) + 1: two different survivor sets would need more than N members to sign (lock A). */
export function leastThreshold(memberCount: number): number {
  return Math.floor((2 * memberCount) / 3) + 1;
}

/** max(t, min(4, N)): with three and four members everybody is waited for. */
export function leastQuorum(memberCount: number, threshold = leastThreshold(memberCount)): number {
  return Math.max(threshold, Math.min(4, memberCount));
}

/** Everything that makes a plan unsound, all at once; empty when it may be joined. */
export function checkPlan(plan: AggregationPlan, limits: PlanLimits = {}): Refusal[] {
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  const memberCount = plan.roster.length;
  const names = plan.roster.map((member) => member.organisation);
  demand(memberCount >= fewestMembers && memberCount <= mostMembers, `roster: ${memberCount} members, 3 to 32 allowed`);
  demand(
    names.every((name, index) => index === 0 || compareOrganisations(names[index - 1] as string, name) < 0),
    'roster: not sorted, or a member twice',
  );
  demand(
    new Set(plan.roster.map((member) => member.roundPublicKey)).size === memberCount,
    'roster: a key used by two members',
  );
  for (const { organisation, roundPublicKey } of plan.roster) {
    demand(isEd25519(roundPublicKey), `roster: the key of ${organisation} is no Ed25519 SPKI`);
  }
  const threshold = leastThreshold(memberCount);
  demand(plan.threshold >= threshold && plan.threshold <= memberCount, `threshold: ${threshold} to ${memberCount}`);
  const quorum = limits.lowQuorumApproved
    ? Math.max(plan.threshold, fewestMembers)
    : leastQuorum(memberCount, plan.threshold);
  demand(plan.quorum >= quorum && plan.quorum <= memberCount, `quorum: ${quorum} to ${memberCount}`);
  demand(plan.wordCount > 0 || plan.scalars.length > 0, 'wordCount: nothing to add up');
  demand(plan.wordCount * (plan.bits / 8) <= Number.MAX_SAFE_INTEGER, 'wordCount: too large');
  demand(
    fitsRing(memberCount, plan.levelLimit, plan.bits),
    `levelLimit: ${memberCount} members overflow ${plan.bits} bits`,
  );
  for (const scalar of plan.scalars) {
    demand(fitsRing(memberCount, scalar.bound, 32), `scalars: ${scalar.name} overflows 32 bits`);
  }
  demand(new Set(plan.scalars.map((scalar) => scalar.name)).size === plan.scalars.length, 'scalars: a name twice');
  demand(
    plan.shardBytes % 64 === 0 && plan.shardBytes <= longestShardBytes,
    'shardBytes: multiple of 64, up to 16 MiB',
  );
  demand(plan.wordCount <= (limits.maxWordCount ?? Number.MAX_SAFE_INTEGER), 'wordCount: above the limit of this node');
  demand(plan.wordCount === (limits.wordCount ?? plan.wordCount), 'wordCount: not that of the model');
  demand(
    plan.levelLimit <= (limits.maxLevelLimit ?? Number.MAX_SAFE_INTEGER),
    'levelLimit: above the limit of this node',
  );
  demand(plan.baseDigest === (limits.baseDigest ?? plan.baseDigest), 'baseDigest: another base model');
  return faults.map((fault) => refusalOf('plan-unsound', fault));
}

/** Whether an update quantised for `earlier` may be masked again under `later`, an attempt at the same instance. */
export function sameUpdateFits(earlier: AggregationPlan, later: AggregationPlan): boolean {
  return (
    earlier.instance === later.instance &&
    earlier.baseDigest === later.baseDigest &&
    earlier.wordCount === later.wordCount &&
    earlier.bits === later.bits &&
    earlier.levelLimit === later.levelLimit &&
    earlier.scalesDigest === later.scalesDigest &&
    earlier.termsDigest === later.termsDigest &&
    JSON.stringify(earlier.scalars) === JSON.stringify(later.scalars)
  );
}

function isEd25519(spki: string): boolean {
  try {
    verifyKeyFromSpki(spki);
    return true;
  } catch (error) {
    if (isKibanError(error)) return false;
    throw error;
  }
}
