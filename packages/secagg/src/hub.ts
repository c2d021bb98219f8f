// SPDX-License-Identifier: Apache-2.0
import { type OrganisationId, Sealed } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import { type Attempt, attemptOf, memberOf } from './attempt.ts';
import type { HubEffect } from './effects.ts';
import type { HubEvent } from './events.ts';
import { freezeStage, mayFreeze } from './hub-freezing.ts';
import { checkMessage } from './hub-messages.ts';
import { combineOpenings } from './hub-opening.ts';
import {
  currentStage,
  expectedMembers,
  frozenList,
  type HubState,
  type HubStep,
  missingMembers,
  type ReceivedMessages,
  stageOrder,
} from './hub-state.ts';
import { signList } from './lists.ts';
import { readMessage } from './messages.ts';
import { checkPlan } from './plan-check.ts';
import { Refused, refuse } from './refusal.ts';
import { toHex } from './transcript.ts';

/** The journal: the plan, then every event that changed something. Nothing is drawn at the hub, so a replay is a fold over the same events. */
type HubRecord =
  | { readonly record: 'started'; readonly planText: string }
  | { readonly record: 'event'; readonly event: HubEvent };

export interface HubStart {
  readonly planText: string;
  readonly signKey: SigningKey;
}

/** Opens an attempt with a plan that this hub signed. */
export function startHub(start: HubStart): Promise<HubStep> {
  return asStep(async () => {
    const state = firstState(start);
    // Whether a low quorum was approved is for the members to judge.
    const [fault] = checkPlan(state.plan, { lowQuorumApproved: true });
    if (fault !== undefined) throw new Refused(fault);
    return { ok: true, state, effects: [persisted({ record: 'started', planText: start.planText })] };
  });
}

/** One event. Messages that were received before are accepted again, without effects. */
export function stepHub(state: HubState, event: HubEvent): Promise<HubStep> {
  return asStep(async () => {
    const next = await advance(state, event);
    if (next === undefined) return { ok: true, state, effects: [] };
    return { ok: true, state: next, effects: [persisted({ record: 'event', event }), ...effectsBetween(state, next)] };
  });
}

/** The state from a journal, and the effects that may not have been run before the crash. */
export function replayHub(
  records: readonly string[],
  dependencies: { readonly signKey: SigningKey },
): Promise<HubStep> {
  return asStep(async () => {
    const [first, ...rest] = records.map((text) => JSON.parse(text) as HubRecord);
    if (first?.record !== 'started') throw new RangeError('a journal begins with a started record');
    let state = firstState({ planText: first.planText, signKey: dependencies.signKey });
    let before = state;
    for (const entry of rest) {
      if (entry.record !== 'event') throw new RangeError('a journal has one started record');
      before = state;
      state = (await advance(state, entry.event)) ?? state;
    }
    return { ok: true, state, effects: effectsBetween(before, state) };
  });
}

function firstState(start: HubStart): HubState {
  const attempt: Attempt = attemptOf(start.planText, start.signKey.verifyKey);
  const none = new Map<never, never>();
  const received: ReceivedMessages = {
    advertise: none,
    share: none,
    confirm: none,
    manifest: none,
    signature: none,
    opening: none,
    complaint: none,
  };
  return { plan: attempt.plan, attempt, signKey: start.signKey, received, frozen: {}, texts: {}, closed: false };
}

/** The state after an event; undefined when it happened before. */
async function advance(state: HubState, event: HubEvent): Promise<HubState | undefined> {
  switch (event.type) {
    case 'message-received':
      return await receive(state, event);
    case 'freeze': {
      const stage = currentStage(state);
      const late = state.closed || state.aborted !== undefined || state.opened !== undefined;
      if (late || stage === undefined) return refuse('attempt-over');
      if (stage !== event.stage) return refuse('message-late', event.stage);
      if (!mayFreeze(state, stage)) return refuse('quorum-missing', event.stage, missingMembers(state));
      return freezeStage(state, stage);
    }
    case 'sum-written': {
      if (state.sumDigest !== undefined)
        return state.sumDigest === event.sumDigest ? undefined : refuse('message-differs', 'sumDigest');
      if (state.aborted !== undefined || state.closed) return refuse('attempt-over');
      if (state.opened === undefined) return refuse('sum-unexpected');
      return withResult(state, event.sumDigest);
    }
    case 'abandon':
      if (state.aborted !== undefined) return undefined;
      if (state.sumDigest !== undefined || state.closed) return refuse('attempt-over');
      return withAbort(state, event.code, event.names ?? missingMembers(state));
    case 'close':
      if (state.closed) return undefined;
      if (state.aborted === undefined && state.sumDigest === undefined) return refuse('sum-unexpected', 'close');
      return { ...state, closed: true };
  }
}

async function receive(
  state: HubState,
  event: Extract<HubEvent, { type: 'message-received' }>,
): Promise<HubState | undefined> {
  const { stage, text } = event;
  const from = memberOf(state.attempt, event.from).organisation;
  const first = state.received[stage].get(from);
  if (first !== undefined) return first.text === text ? undefined : refuse('message-differs', stage, [from]);
  if (state.closed || state.aborted !== undefined) return refuse('attempt-over');
  if (stage === 'complaint') return complained(state, from, text);
  const current = currentStage(state);
  if (current === undefined || stageOrder.indexOf(stage) < stageOrder.indexOf(current))
    return refuse('message-late', stage);
  // By the current stage: the list that a later one goes by may not be frozen, and early is not late.
  if (!expectedMembers(state, current).includes(from))
    return refuse('message-late', `${stage}: not on the last list`, [from]);
  if (stage !== current) return refuse('message-early', stage);
  const message = checkMessage(state, stage, event);
  const received = {
    ...state.received,
    [stage]: new Map<OrganisationId, unknown>(state.received[stage]).set(from, message),
  };
  const next: HubState = { ...state, received: received as ReceivedMessages };
  if (stage === 'opening') return await tryOpening(next);
  const answered = next.received[stage].size;
  const enough = stage === 'signature' ? state.plan.threshold : expectedMembers(next, stage).length;
  return answered >= enough ? freezeStage(next, stage) : next;
}

function complained(state: HubState, from: OrganisationId, text: string): HubState {
  if (state.frozen.survivors !== undefined) return refuse('message-late', 'complaint');
  const body = readMessage(state.attempt, 'complaint', from, undefined, text);
  const complaint = new Map(state.received.complaint).set(from, { text, listed: text, body });
  const next = { ...state, received: { ...state.received, complaint } };
  // Software never decides whom to believe: both names are told.
  return withAbort(next, body.code, [from, memberOf(state.attempt, body.against).organisation]);
}

async function tryOpening(state: HubState): Promise<HubState> {
  if (state.received.opening.size < state.plan.threshold) return state;
  const combination = await combineOpenings(state);
  if (combination.ok) return { ...state, opened: new Sealed(combination.masks) };
  // More openings may make it possible after all.
  if (missingMembers(state).length > 0) return state;
  return withAbort(state, 'secret-unrecoverable', [combination.dealer]);
}

function withAbort(state: HubState, code: string, names: readonly OrganisationId[]): HubState {
  const aborted = { code, names, burnt: state.frozen.survivors !== undefined };
  const text = signList(state.attempt, { list: 'aborted', ...aborted }, state.signKey);
  return { ...state, aborted, texts: { ...state.texts, aborted: text } };
}

function withResult(state: HubState, sumDigest: string): HubState {
  const { members, transcript } = frozenList(state, 'survivors');
  const result = { list: 'result', before: toHex(transcript), survivors: members, sumDigest };
  return { ...state, sumDigest, texts: { ...state.texts, result: signList(state.attempt, result, state.signKey) } };
}

/** What a change of state asks for. */
function effectsBetween(before: HubState, after: HubState): HubEffect[] {
  const effects: HubEffect[] = [];
  for (const list of ['keys', 'shares', 'confirms', 'survivors', 'signatures'] as const)
    if (before.frozen[list] === undefined && after.frozen[list] !== undefined) effects.push({ type: 'publish', list });
  const opens = before.opened === undefined && after.opened !== undefined;
  if (opens && after.sumDigest === undefined && after.aborted === undefined) effects.push({ type: 'ready-to-open' });
  if (before.sumDigest === undefined && after.sumDigest !== undefined)
    effects.push({ type: 'publish', list: 'result' });
  if (before.aborted === undefined && after.aborted !== undefined)
    effects.push({ type: 'publish', list: 'aborted' }, { type: 'abort', ...after.aborted });
  if (!before.closed && after.closed) effects.push({ type: 'erase' });
  return effects;
}

function persisted(record: HubRecord): HubEffect {
  return { type: 'persist', record: new Sealed(JSON.stringify(record)) };
}

async function asStep(work: () => Promise<HubStep>): Promise<HubStep> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}
