// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId, Sealed } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import type { Attempt } from './attempt.ts';
import type { HubEffect, ListName, MemberStage } from './effects.ts';
import type { OpenedMasks } from './hub-opening.ts';
import type { MessageBody } from './messages.ts';
import type { AggregationPlan } from './plan.ts';
import type { Refusal } from './refusal.ts';

/** A first message of a member in a stage, and what it says. */
export interface ReceivedMessage<S extends MemberStage> {
  readonly text: string;
  /** What enters the list and its transcript: of `share` only the signed header. */
  readonly listed: string;
  readonly body: MessageBody<S>;
}

export type ReceivedMessages = {
  readonly [S in MemberStage]: ReadonlyMap<OrganisationId, ReceivedMessage<S>>;
};

/** Members in order of their numbers, and T1 to T4 (of `signatures`: T4). */
export interface FrozenList {
  readonly members: readonly OrganisationId[];
  readonly transcript: Uint8Array;
}

export type FrozenName = 'keys' | 'shares' | 'confirms' | 'survivors' | 'signatures';

export interface AttemptEnd {
  readonly code: string;
  readonly names: readonly OrganisationId[];
  readonly burnt: boolean;
}

/** One attempt at the hub. Immutable; a fold over the journal's records. */
export interface HubState {
  readonly plan: AggregationPlan;
  readonly attempt: Attempt;
  readonly signKey: SigningKey;
  readonly received: ReceivedMessages;
  readonly frozen: Readonly<Partial<Record<FrozenName, FrozenList>>>;
  /** Signed lists that are the same for everybody. */
  readonly texts: Readonly<Partial<Record<ListName, string>>>;
  readonly aborted?: AttemptEnd;
  /** Once enough shares were combined and checked. */
  readonly opened?: Sealed<OpenedMasks>;
  readonly sumDigest?: string;
  readonly closed: boolean;
}

/** Run `effects` strictly in order, then go on with `state`. A refusal changes nothing. */
export type HubStep =
  | { readonly ok: true; readonly state: HubState; readonly effects: readonly HubEffect[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** The stages with a list, in order, and the list that each freezes. */
export const stageOrder = ['advertise', 'share', 'confirm', 'manifest', 'signature', 'opening'] as const;
export type OrderedStage = (typeof stageOrder)[number];

export const listOfStage = {
  advertise: 'keys',
  share: 'shares',
  confirm: 'confirms',
  manifest: 'survivors',
  signature: 'signatures',
} as const satisfies Partial<Record<OrderedStage, FrozenName>>;

/** The stage whose messages are awaited; undefined when none are (any more). */
export function currentStage(state: HubState): OrderedStage | undefined {
  if (state.aborted !== undefined || state.closed || state.opened !== undefined) return undefined;
  return stageOrder.find((stage) => stage === 'opening' || state.frozen[listOfStage[stage]] === undefined);
}

/** Who may send in a stage: the roster, then the list before; from the survivor set on everybody who masked (U3). */
export function expectedMembers(state: HubState, stage: OrderedStage): readonly OrganisationId[] {
  const { keys, shares, confirms } = state.frozen;
  switch (stage) {
    case 'advertise':
      return state.attempt.roster.map((member) => member.organisation);
    case 'share':
      return keys?.members ?? [];
    case 'confirm':
      return shares?.members ?? [];
    case 'manifest':
    case 'signature':
    case 'opening':
      return confirms?.members ?? [];
  }
}

/** Who has not answered in the current stage. */
export function missingMembers(state: HubState): readonly OrganisationId[] {
  const stage = currentStage(state);
  if (stage === undefined) return [];
  return expectedMembers(state, stage).filter((name) => !state.received[stage].has(name));
}

export function frozenList(state: HubState, name: FrozenName): FrozenList {
  const list = state.frozen[name];
  if (list === undefined) throw new Error(`the list ${name} is not frozen`);
  return list;
}

/** A first message of somebody on a frozen list: always there. */
export function messageOf<S extends OrderedStage>(state: HubState, stage: S, from: OrganisationId): ReceivedMessage<S> {
  const message = state.received[stage].get(from);
  if (message === undefined) throw new Error(`no ${stage} of ${from}`);
  return message;
}
