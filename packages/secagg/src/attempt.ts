// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId, Sha256Digest } from '@kiban/core';
import { type VerifyKey, verifyKeyFromSpki } from '@kiban/crypto';
import type { AggregationPlan } from './plan.ts';
import { openPlan } from './plan-text.ts';
import { refuse } from './refusal.ts';

/** A member of the roster; `index` is its number in every derivation. */
export interface RosterMember {
  readonly index: number;
  readonly organisation: OrganisationId;
  readonly verifyKey: VerifyKey;
}

/** What both sides know of an attempt from its plan alone. */
export interface Attempt {
  readonly plan: AggregationPlan;
  /** Hex P. */
  readonly planDigest: Sha256Digest;
  /** P as bytes: what the first transcript starts from. */
  readonly planHash: Uint8Array;
  readonly roster: readonly RosterMember[];
}

export function attemptOf(planText: string, hubKey: VerifyKey): Attempt {
  const { plan, digest } = openPlan(planText, hubKey);
  const roster = plan.roster.map(({ organisation, roundPublicKey }, index) => {
    try {
      return { index, organisation, verifyKey: verifyKeyFromSpki(roundPublicKey) };
    } catch {
      return refuse('plan-unsound', `roster: the key of ${organisation}`);
    }
  });
  return { plan, planDigest: digest, planHash: new Uint8Array(Buffer.from(digest, 'hex')), roster };
}

export function memberOf(attempt: Attempt, organisation: string): RosterMember {
  const member = attempt.roster.find((candidate) => candidate.organisation === organisation);
  return member ?? refuse('member-unlisted', organisation);
}
