// SPDX-License-Identifier: Apache-2.0
import { type OrganisationId, type RandomSource, Sealed } from '@kiban/core';
import type { SigningKey, VerifyKey } from '@kiban/crypto';
import { type Attempt, attemptOf, memberOf } from './attempt.ts';
import type { ListName, MemberStage } from './effects.ts';
import type { MemberRecord } from './member-records.ts';
import type { AggregationPlan } from './plan.ts';
import type { SlotWitness } from './slot-witness.ts';

export type MemberPhase =
  | 'advertised'
  | 'shared'
  | 'confirmed'
  | 'training'
  | 'trained'
  | 'uploaded'
  | 'signed'
  | 'released'
  | 'closed'
  | 'stopped';

export interface MemberIdentity {
  readonly organisation: OrganisationId;
  /** Role `round`: not the key of the HTTP requests. */
  readonly signKey: SigningKey;
}

export interface MemberDependencies {
  readonly identity: MemberIdentity;
  readonly hubPublicKey: VerifyKey | string;
  readonly random: RandomSource;
  /** Lock B; see its own page. Without it only lock A holds. */
  readonly slotWitness?: SlotWitness | undefined;
}

/** One attempt at one member. Immutable; every secret is inside `journal`. */
export interface MemberState {
  readonly plan: AggregationPlan;
  /** Hex P. */
  readonly planDigest: string;
  readonly phase: MemberPhase;
  /** Why it ended, in phase `stopped`; empty otherwise. */
  readonly stopCode: string;
  /** The last text sent in each stage. */
  readonly sent: Readonly<Partial<Record<MemberStage, string>>>;
  readonly attempt: Attempt;
  readonly index: number;
  readonly dependencies: MemberDependencies;
  readonly journal: Sealed<MemberJournal>;
}

/** The records by kind: each happens at most once in an attempt. */
export type MemberJournal = { readonly [K in MemberRecord['record']]?: Extract<MemberRecord, { record: K }> };

const phaseAfter = {
  started: 'advertised',
  shared: 'shared',
  confirmed: 'confirmed',
  agreed: 'training',
  updated: 'trained',
  uploaded: 'uploaded',
  signed: 'signed',
  released: 'released',
  closed: 'closed',
  stopped: 'stopped',
} as const satisfies Record<MemberRecord['record'], MemberPhase>;

const stageOf: Partial<Record<MemberRecord['record'], MemberStage>> = {
  started: 'advertise',
  shared: 'share',
  confirmed: 'confirm',
  uploaded: 'manifest',
  signed: 'signature',
  released: 'opening',
  stopped: 'complaint',
};

export function firstMemberState(
  record: Extract<MemberRecord, { record: 'started' }>,
  hubKey: VerifyKey,
  dependencies: MemberDependencies,
): MemberState {
  const attempt = attemptOf(record.planText, hubKey);
  const blank: MemberState = {
    plan: attempt.plan,
    planDigest: attempt.planDigest,
    phase: 'advertised',
    stopCode: '',
    sent: {},
    attempt,
    index: memberOf(attempt, record.organisation).index,
    dependencies,
    journal: new Sealed({}),
  };
  return memberStateAfter(blank, record);
}

/** The state is nothing but its records: this is the only way forward, in a step as in a replay. */
export function memberStateAfter(state: MemberState, record: MemberRecord): MemberState {
  const stage = stageOf[record.record];
  const message = 'message' in record ? record.message : '';
  return {
    ...state,
    phase: phaseAfter[record.record],
    stopCode: record.record === 'stopped' ? record.code : state.stopCode,
    sent: stage !== undefined && message !== '' ? { ...state.sent, [stage]: message } : state.sent,
    journal: new Sealed({ ...state.journal.open(), [record.record]: record }),
  };
}

/** The list that the member waits for; undefined when there is none (any more). A stopped member that complained waits for `aborted`. */
export function awaitedList(state: MemberState): ListName | undefined {
  switch (state.phase) {
    case 'advertised':
      return 'keys';
    case 'shared':
      return 'shares';
    case 'confirmed':
      return 'confirms';
    case 'training':
    case 'trained':
    case 'uploaded':
      return 'survivors';
    case 'signed':
      return 'signatures';
    case 'released':
      return 'result';
    case 'closed':
      return undefined;
    case 'stopped':
      return (state.journal.open().stopped?.message ?? '') === '' ? undefined : 'aborted';
  }
}

/** Members whose sum is opened (U4), once known. */
export function memberSurvivors(state: MemberState): readonly OrganisationId[] | undefined {
  return state.journal.open().signed?.list.members;
}
