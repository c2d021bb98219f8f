// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import type { SigningKey } from '@kiban/crypto';
import { attemptOf, memberOf } from './attempt.ts';
import type { HubEffect, MemberStage } from './effects.ts';
import type { HubEvent } from './events.ts';
import { checkHubMessage, disagreeingPair } from './hub-messages.ts';
import { openSecrets } from './hub-opening.ts';
import type { FrozenStage, HubRecord } from './hub-records.ts';
import {
  currentStage,
  expectedMembers,
  firstHubState,
  type HubState,
  hubStateAfter,
  isBurntByAbort,
  listNameOf,
  missingMembers,
  stageOrder,
} from './hub-state.ts';
import { encodeRecord } from './member-records.ts';
import { readMessage } from './messages.ts';
import { checkPlan, type PlanLimits } from './plan-check.ts';
import { type Refusal, Refused, refuse } from './refusal.ts';

/** Run `effects` strictly in order, then go on with `state`. A refusal changes nothing. */
export type HubStep =
  | { readonly ok: true; readonly state: HubState; readonly effects: readonly HubEffect[] }
  | { readonly ok: false; readonly refusal: Refusal };

export interface HubDependencies {
  /** Signs plans and lists. */
  readonly signKey: SigningKey;
}

/** Opens an attempt for a plan that this hub signed (`signPlan`). */
export function startHub(
  start: HubDependencies & { readonly planText: string; readonly limits?: PlanLimits | undefined },
): HubStep {
  try {
    const { planText, signKey } = start;
    const attempt = attemptOf(planText, signKey.verifyKey);
    const [fault] = checkPlan(attempt.plan, start.limits);
    if (fault !== undefined) throw new Refused(fault);
    const record: HubRecord = { record: 'started', planText };
    const state = firstHubState(attempt, planText, signKey);
    return { ok: true, state, effects: [{ type: 'persist', record: encodeRecord(record) }] };
  } catch (error) {
    return asRefusal(error);
  }
}

/** The state from a journal, and the effects that may not have been run before the crash. */
export async function replayHub(records: readonly string[], dependencies: HubDependencies): Promise<HubStep> {
  try {
    const [first, ...rest] = records.map((text) => JSON.parse(text) as HubRecord);
    if (first?.record !== 'started') throw new RangeError('a journal begins with a started record');
    const attempt = attemptOf(first.planText, dependencies.signKey.verifyKey);
    let state = firstHubState(attempt, first.planText, dependencies.signKey);
    const effects: HubEffect[] = [];
    for (const record of rest) {
      state = hubStateAfter(state, record);
      // Only the last thing that was told needs telling again: the lists before it were answered.
      const told = effectsAfter(state, record);
      if (told.length > 0) effects.splice(0, effects.length, ...told);
    }
    return { ok: true, ...(await advance({ state, effects })) };
  } catch (error) {
    return asRefusal(error);
  }
}

/** One event. Persisted records come before everything that depends on them. */
export async function stepHub(state: HubState, event: HubEvent): Promise<HubStep> {
  try {
    switch (event.type) {
      case 'message-received': {
        const record = fromMessage(state, event);
        return { ok: true, ...(record === undefined ? { state, effects: [] } : await advance(after(state, record))) };
      }
      case 'freeze':
        return { ok: true, ...(await freezeOnDemand(state, event.stage)) };
      case 'sum-written':
        return { ok: true, ...fromSum(state, event.sumDigest) };
      case 'abandon':
        if (state.abort !== undefined || state.closed) return { ok: true, state, effects: [] };
        if (state.sumDigest !== undefined) return refuse('attempt-over');
        return { ok: true, ...after(state, { record: 'aborted', code: event.code, names: [] }) };
      case 'close':
        if (state.closed) return { ok: true, state, effects: [] };
        if (state.abort === undefined && state.sumDigest === undefined) return refuse('sum-unexpected');
        return { ok: true, ...after(state, { record: 'closed' }) };
    }
  } catch (error) {
    return asRefusal(error);
  }
}

interface Progress {
  readonly state: HubState;
  readonly effects: readonly HubEffect[];
}

function fromMessage(state: HubState, event: Extract<HubEvent, { type: 'message-received' }>): HubRecord | undefined {
  const { stage, text } = event;
  const from = memberOf(state.attempt, event.from).organisation;
  const known = state.messages[stage].get(from);
  if (known !== undefined) return known === text ? undefined : refuse('message-differs', stage, [from]);
  if (state.abort !== undefined || state.closed) refuse('attempt-over', state.abort?.code ?? '');
  if (stage === 'complaint') return fromComplaint(state, from, text);
  const current = currentStage(state);
  const behind = current === undefined ? stageOrder.length : stageOrder.indexOf(current);
  const place = stageOrder.indexOf(stage);
  if (place > behind) refuse('message-early', stage, [from]);
  if (!expectedMembers(state, stage).includes(from)) refuse('message-late', stage, [from]);
  if (place < behind) {
    // Enough members have signed or opened already; one more does no harm and changes nothing.
    if (stage === 'signature' || stage === 'opening') return undefined;
    return refuse('message-late', stage, [from]);
  }
  checkHubMessage(state, stage, from, text, event.durableShards ?? []);
  return { record: 'message', from, stage, text };
}

/** Software does not judge who is right: both names are kept, the attempt ends. */
function fromComplaint(state: HubState, from: OrganisationId, text: string): HubRecord {
  if (state.frozen.manifest !== undefined) refuse('message-late', 'complaint', [from]);
  const body = readMessage(state.attempt, 'complaint', from, state.attempt.planHash, text);
  memberOf(state.attempt, body.against);
  return { record: 'aborted', code: body.code, names: [from, body.against] };
}

function fromSum(state: HubState, sumDigest: string): Progress {
  if (state.abort !== undefined || state.closed || state.secrets === undefined) refuse('sum-unexpected');
  if (!/^[0-9a-f]{64}$/.test(sumDigest)) refuse('sum-unexpected', 'sumDigest');
  if (state.sumDigest === undefined) return after(state, { record: 'summed', sumDigest });
  if (state.sumDigest !== sumDigest) refuse('sum-unexpected', 'sumDigest');
  return { state, effects: [] };
}

async function freezeOnDemand(state: HubState, stage: MemberStage): Promise<Progress> {
  if (currentStage(state) !== stage) refuse('message-late', stage);
  const here = [...state.messages[stage].keys()];
  const least = stage === 'signature' || stage === 'opening' ? state.plan.threshold : state.plan.quorum;
  if (here.length < least) refuse('quorum-missing', `${here.length} of ${least}`, missingMembers(state));
  if (stage === 'opening' || stage === 'complaint') return refuse('quorum-missing', stage, missingMembers(state));
  return await advance(freeze(state, stage));
}

/** Goes on as far as the messages at hand allow: a list that is complete is frozen, t openings are combined. */
async function advance(progress: Progress): Promise<Progress> {
  const { state, effects } = progress;
  const stage = currentStage(state);
  if (stage === undefined || stage === 'complaint') return progress;
  const add = async (next: Progress): Promise<Progress> =>
    await advance({ state: next.state, effects: [...effects, ...next.effects] });
  if (stage === 'opening') {
    const outcome = await openSecrets(state);
    if (outcome.state === 'opened') return await add(after(state, { record: 'opened', secrets: outcome.secrets }));
    if (outcome.state === 'failed') {
      return await add(after(state, { record: 'aborted', code: 'secret-unrecoverable', names: outcome.names }));
    }
    return progress;
  }
  const complete =
    stage === 'signature' ? state.messages.signature.size >= state.plan.threshold : missingMembers(state).length === 0;
  return complete ? await add(freeze(state, stage)) : progress;
}

function freeze(state: HubState, stage: FrozenStage): Progress {
  const members = expectedMembers(state, stage).filter((name) => state.messages[stage].has(name));
  if (stage === 'confirm') {
    const names = disagreeingPair(state, members);
    if (names !== undefined) return after(state, { record: 'aborted', code: 'pair-disagrees', names });
  }
  return after(state, { record: 'frozen', stage, members });
}

function after(state: HubState, record: HubRecord): Progress {
  const next = hubStateAfter(state, record);
  return { state: next, effects: [{ type: 'persist', record: encodeRecord(record) }, ...effectsAfter(next, record)] };
}

/** What follows a record, in a step as after a crash. */
function effectsAfter(state: HubState, record: HubRecord): HubEffect[] {
  switch (record.record) {
    case 'started':
    case 'message':
      return [];
    case 'frozen':
      return [{ type: 'publish', list: listNameOf(record.stage) }];
    case 'opened':
      return [{ type: 'ready-to-open' }];
    case 'summed':
      return [{ type: 'publish', list: 'result' }];
    case 'aborted':
      return [
        { type: 'publish', list: 'aborted' },
        { type: 'abort', code: record.code, names: record.names, burnt: isBurntByAbort(state) },
      ];
    case 'closed':
      return [{ type: 'erase' }];
  }
}

function asRefusal(error: unknown): HubStep {
  if (error instanceof Refused) return { ok: false, refusal: error.refusal };
  throw error;
}
