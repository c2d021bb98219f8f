// SPDX-License-Identifier: Apache-2.0
import { type OrganisationId, Sealed } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import { type Attempt, memberOf } from './attempt.ts';
import type { ListName, MemberStage } from './effects.ts';
import type { FrozenStage, HubRecord, OpenedSecrets } from './hub-records.ts';
import { signList } from './lists.ts';
import { readShareMessage } from './messages.ts';
import type { AggregationPlan } from './plan.ts';
import { transcript } from './transcript.ts';

export const stageOrder: readonly MemberStage[] = ['advertise', 'share', 'confirm', 'manifest', 'signature', 'opening'];

const listOfStage = {
  advertise: 'keys',
  share: 'shares',
  confirm: 'confirms',
  manifest: 'survivors',
  signature: 'signatures',
} as const satisfies Record<FrozenStage, ListName>;

/** A frozen list: its members in order of their numbers, and T1 to T4 (the last transcript again for `signatures`). */
export interface FrozenList {
  readonly members: readonly OrganisationId[];
  readonly transcript: Uint8Array;
}

/** One attempt at the hub. Immutable. */
export interface HubState {
  readonly plan: AggregationPlan;
  readonly planText: string;
  /** Hex P. */
  readonly planDigest: string;
  readonly attempt: Attempt;
  readonly signKey: SigningKey;
  /** Accepted messages, exactly as received. */
  readonly messages: Readonly<Record<MemberStage, ReadonlyMap<OrganisationId, string>>>;
  readonly frozen: Readonly<Partial<Record<FrozenStage, FrozenList>>>;
  readonly secrets: Sealed<OpenedSecrets> | undefined;
  readonly sumDigest: string | undefined;
  readonly abort: { readonly code: string; readonly names: readonly OrganisationId[] } | undefined;
  readonly closed: boolean;
}

export function firstHubState(attempt: Attempt, planText: string, signKey: SigningKey): HubState {
  const none = new Map<OrganisationId, string>();
  return {
    plan: attempt.plan,
    planText,
    planDigest: attempt.planDigest,
    attempt,
    signKey,
    messages: {
      advertise: none,
      share: none,
      confirm: none,
      manifest: none,
      signature: none,
      opening: none,
      complaint: none,
    },
    frozen: {},
    secrets: undefined,
    sumDigest: undefined,
    abort: undefined,
    closed: false,
  };
}

/** The state is nothing but its records: this is the only way forward, in a step as in a replay. Messages were checked before. */
export function hubStateAfter(state: HubState, record: HubRecord): HubState {
  switch (record.record) {
    case 'started':
      return state;
    case 'message': {
      const ofStage = new Map(state.messages[record.stage]).set(record.from, record.text);
      return { ...state, messages: { ...state.messages, [record.stage]: ofStage } };
    }
    case 'frozen':
      return {
        ...state,
        frozen: { ...state.frozen, [record.stage]: freezeList(state, record.stage, record.members) },
      };
    case 'opened':
      return { ...state, secrets: new Sealed(record.secrets) };
    case 'summed':
      return { ...state, sumDigest: record.sumDigest };
    case 'aborted':
      return { ...state, abort: { code: record.code, names: record.names } };
    case 'closed':
      return { ...state, closed: true, secrets: undefined };
  }
}

/** The stage whose messages are awaited; undefined when none is: opened, aborted or closed. */
export function currentStage(state: HubState): MemberStage | undefined {
  if (state.abort !== undefined || state.closed || state.secrets !== undefined) return undefined;
  return stageOrder.find((stage) => stage === 'opening' || state.frozen[stage as FrozenStage] === undefined);
}

/** Who may send in a stage: the list before it; U3 for the last three. */
export function expectedMembers(state: HubState, stage: MemberStage): readonly OrganisationId[] {
  const roster = state.attempt.roster.map((member) => member.organisation);
  switch (stage) {
    case 'advertise':
    case 'complaint':
      return roster;
    case 'share':
      return state.frozen.advertise?.members ?? [];
    case 'confirm':
      return state.frozen.share?.members ?? [];
    case 'manifest':
    case 'signature':
    case 'opening':
      return state.frozen.confirm?.members ?? [];
  }
}

/** Members that the current stage still waits for; empty when none is awaited. */
export function missingMembers(state: HubState): readonly OrganisationId[] {
  const stage = currentStage(state);
  if (stage === undefined) return [];
  return expectedMembers(state, stage).filter((name) => !state.messages[stage].has(name));
}

/** The transcript that a stage's messages carry as `before`. */
export function transcriptBefore(state: HubState, stage: MemberStage): Uint8Array {
  const { frozen, attempt } = state;
  const before = {
    advertise: attempt.planHash,
    share: frozen.advertise?.transcript,
    confirm: frozen.share?.transcript,
    manifest: frozen.confirm?.transcript,
    signature: frozen.manifest?.transcript,
    opening: frozen.manifest?.transcript,
    complaint: attempt.planHash,
  }[stage];
  if (before === undefined) throw new Error(`stage ${stage} has not begun`);
  return before;
}

/** Whether a survivor set has been published: then this instance gets no other attempt. */
export function isBurntByAbort(state: HubState): boolean {
  return state.frozen.manifest !== undefined;
}

/**
 * The signed text of a list for one member; undefined while it is not frozen. The same bytes on every call. Lists of sealed parts hold the
 * addressee's own parts only.
 */
export function publishedList(state: HubState, list: ListName, organisation: OrganisationId): string | undefined {
  const { attempt, signKey, frozen } = state;
  switch (list) {
    case 'aborted':
      if (state.abort === undefined) return undefined;
      return signList(attempt, { list, ...state.abort, burnt: isBurntByAbort(state) }, signKey);
    case 'result': {
      if (state.sumDigest === undefined || frozen.manifest === undefined) return undefined;
      const before = Buffer.from(frozen.manifest.transcript).toString('hex');
      const survivors = frozen.manifest.members;
      return signList(attempt, { list, before, survivors, sumDigest: state.sumDigest }, signKey);
    }
    case 'shares':
      if (frozen.share === undefined) return undefined;
      return signList(
        attempt,
        { list, to: organisation, members: sharesFor(state, frozen.share, organisation) },
        signKey,
      );
    default: {
      const stage = (Object.keys(listOfStage) as FrozenStage[]).find((one) => listOfStage[one] === list);
      const kept = stage === undefined ? undefined : frozen[stage];
      if (stage === undefined || kept === undefined) return undefined;
      const members = kept.members.map((name) => ({ organisation: name, message: messageOf(state, stage, name) }));
      return signList(attempt, { list, members }, signKey);
    }
  }
}

export function listNameOf(stage: FrozenStage): ListName {
  return listOfStage[stage];
}

/** A message that is known to be there. For `share` the signed header, without the parts. */
export function messageOf(state: HubState, stage: MemberStage, from: OrganisationId): string {
  const text = state.messages[stage].get(from);
  if (text === undefined) throw new Error(`no ${stage} message of ${from}`);
  return stage === 'share' ? readShareMessage(text).header : text;
}

function freezeList(state: HubState, stage: FrozenStage, members: readonly OrganisationId[]): FrozenList {
  const before = transcriptBefore(state, stage);
  if (stage === 'signature') return { members, transcript: before };
  const listed = members.map((name) => ({
    index: memberOf(state.attempt, name).index,
    text: messageOf(state, stage, name),
  }));
  return { members, transcript: transcript(listOfStage[stage], before, listed) };
}

function sharesFor(state: HubState, list: FrozenList, to: OrganisationId): object[] {
  const addressed = list.members.includes(to);
  return list.members.map((from) => {
    const message = readShareMessage(state.messages.share.get(from) as string);
    const part = addressed ? message.parts.find((entry) => entry.to === to)?.part : undefined;
    return { organisation: from, message: message.header, ...(part === undefined ? {} : { part }) };
  });
}
