// SPDX-License-Identifier: Apache-2.0
import { type OrganisationId, sha256Hex } from '@kiban/core';
import { encodeBase64 } from '@kiban/crypto';
import { attemptOf, memberOf } from './attempt.ts';
import { updateCommitment } from './derivations.ts';
import type { AttemptMark, MemberEffect } from './effects.ts';
import type { MemberEvent } from './events.ts';
import { type HubList, readList } from './lists.ts';
import { maskScalars } from './member-masks.ts';
import { releaseShares, signSurvivors } from './member-opening.ts';
import { encodeRecord, type MemberRecord } from './member-records.ts';
import {
  agreeFromConfirms,
  bytesOf,
  confirmFromShares,
  drawAgreementKeys,
  hexBytes,
  journalOf,
  type PeerFault,
  shareFromKeys,
} from './member-sharing.ts';
import {
  awaitedList,
  firstMemberState,
  type MemberDependencies,
  type MemberState,
  memberStateAfter,
} from './member-state.ts';
import { signMessage } from './messages.ts';
import { checkPlan, type PlanLimits } from './plan-check.ts';
import { asVerifyKey } from './plan-text.ts';
import { type Refusal, Refused, refuse } from './refusal.ts';
import { shardsCoverPlan } from './shard-layout.ts';

/** Run `effects` strictly in order, then go on with `state`. A refusal changes nothing. */
export type MemberStep =
  | { readonly ok: true; readonly state: MemberState; readonly effects: readonly MemberEffect[] }
  | { readonly ok: false; readonly refusal: Refusal };

export interface MemberStart extends MemberDependencies {
  readonly planText: string;
  /** Every mark ever kept, at least those of this instance. */
  readonly marks: readonly AttemptMark[];
  readonly limits?: PlanLimits | undefined;
}

/** Joins an attempt: checks the plan, draws fresh keys and advertises them. */
export function startMember(start: MemberStart): MemberStep {
  return asStep(() => {
    const { planText, marks, limits, ...dependencies } = start;
    const { identity, random, slotWitness } = dependencies;
    const hubKey = asVerifyKey(start.hubPublicKey);
    const attempt = attemptOf(planText, hubKey);
    const { plan } = attempt;
    const [fault] = checkPlan(plan, limits);
    if (fault !== undefined) throw new Refused(fault);
    const own = memberOf(attempt, identity.organisation);
    if (own.verifyKey.keyId !== identity.signKey.keyId) refuse('member-key-differs', identity.organisation);
    const earlier = marks.filter((mark) => mark.instance === plan.instance);
    if (earlier.some((mark) => mark.kind !== 'joined')) refuse('instance-signed', plan.instance);
    if (earlier.some((mark) => mark.attempt >= plan.attempt)) refuse('attempt-joined', String(plan.attempt));
    if (slotWitness !== undefined) {
      const slot = { kind: 'plan', instance: plan.instance, attempt: plan.attempt } as const;
      if (slotWitness.firstEntry(slot) !== attempt.planDigest) refuse('witness-disagrees', 'plan');
      for (const { attempt: number } of earlier) {
        const burnt = slotWitness.firstEntry({ kind: 'survivors', instance: plan.instance, attempt: number });
        if (burnt !== undefined) refuse('instance-signed', plan.instance);
      }
    }
    const seeds = { x25519Seed: encodeBase64(random.bytes(32)), mlKemSeed: encodeBase64(random.bytes(64)) };
    const keys = drawAgreementKeys(seeds);
    const message = signMessage(
      attempt,
      'advertise',
      identity.organisation,
      attempt.planHash,
      { x25519: encodeBase64(keys.x25519.publicKey), mlKem768: encodeBase64(keys.mlKem.publicKey) },
      identity.signKey,
    );
    const record = { record: 'started', planText, organisation: identity.organisation, ...seeds, message } as const;
    const erased = [...new Set(earlier.map((mark) => mark.attempt))];
    const effects: MemberEffect[] = erased.map((number) => ({ type: 'erase', attempt: number }));
    effects.push({ type: 'persist', record: encodeRecord(record) });
    const state = firstMemberState(record, hubKey, dependencies);
    return { ok: true, state, effects: [...effects, ...effectsAfter(state, record)] };
  });
}

/** The state from a journal, and the effects that may not have been run before the crash: the same bytes again. */
export function replayMember(records: readonly string[], dependencies: MemberDependencies): MemberStep {
  return asStep(() => {
    const parsed = records.map((text) => JSON.parse(text) as MemberRecord);
    const first = parsed[0];
    if (first?.record !== 'started') throw new RangeError('a journal begins with a started record');
    let state = firstMemberState(first, asVerifyKey(dependencies.hubPublicKey), dependencies);
    for (const record of parsed.slice(1)) state = memberStateAfter(state, record);
    const effects = effectsAfter(state, parsed.at(-1) as MemberRecord);
    // The trainer may have died too, and a mark may be missing that an earlier record asked for.
    const marks = parsed.slice(0, -1).flatMap((record) => marksAfter(state, record));
    return { ok: true, state, effects: [...marks, ...effects] };
  });
}

/** One event. Draws randomness only before its record; the record is the first effect. */
export async function stepMember(state: MemberState, event: MemberEvent): Promise<MemberStep> {
  try {
    const record = await recordFor(state, event);
    if (record === undefined) return { ok: true, state, effects: [] };
    const next = memberStateAfter(state, record);
    const persist: MemberEffect = { type: 'persist', record: encodeRecord(record) };
    return { ok: true, state: next, effects: [persist, ...effectsAfter(next, record)] };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

/** The transition that an event asks for; undefined when it happened before. */
async function recordFor(state: MemberState, event: MemberEvent): Promise<MemberRecord | undefined> {
  switch (event.type) {
    case 'list-received':
      return await fromList(state, event.text);
    case 'update-ready':
      return fromUpdate(state, event);
    case 'shards-uploaded':
      return fromUpload(state, event);
    case 'abandon':
      if (isOver(state)) return undefined;
      return { record: 'stopped', code: event.code, against: [], message: '', burnt: false };
  }
}

async function fromList(state: MemberState, text: string): Promise<MemberRecord | undefined> {
  const list = readList(state.attempt, text, asVerifyKey(state.dependencies.hubPublicKey));
  const digest = sha256Hex(text);
  if (list.list === 'aborted') return fromAborted(state, list.code, list.names, list.burnt);
  if (list.list === 'result') return fromResult(state, list.before, list.sumDigest);
  const kept = keptList(state, list.list);
  if (kept !== undefined) {
    if (kept.digest === digest) return undefined;
    return refuse('list-differs', list.list);
  }
  if (awaitedList(state) !== list.list) refuse('list-unexpected', list.list);
  switch (list.list) {
    case 'keys':
      return stopOr(state, await shareFromKeys(state, list, digest));
    case 'shares':
      return stopOr(state, confirmFromShares(state, list, digest));
    case 'confirms':
      return stopOr(state, agreeFromConfirms(state, list, digest));
    case 'survivors':
      return signSurvivors(state, list, digest);
    case 'signatures':
      return releaseShares(state, list, digest);
  }
}

function keptList(state: MemberState, name: HubList['list']) {
  const journal = state.journal.open();
  switch (name) {
    case 'keys':
      return journal.shared?.list;
    case 'shares':
      return journal.confirmed?.list;
    case 'confirms':
      return journal.agreed?.list;
    case 'survivors':
      return journal.signed?.list;
    case 'signatures':
      return journal.released?.list;
    default:
      return undefined;
  }
}

function stopOr<R extends MemberRecord>(state: MemberState, outcome: R | PeerFault | 'left-out'): MemberRecord {
  if (outcome === 'left-out') return { record: 'stopped', code: 'left-out', against: [], message: '', burnt: false };
  if ('record' in outcome) return outcome;
  const { attempt, dependencies } = state;
  const { organisation, signKey } = dependencies.identity;
  const message = signMessage(attempt, 'complaint', organisation, attempt.planHash, { ...outcome }, signKey);
  return { record: 'stopped', code: outcome.code, against: [outcome.against], message, burnt: false };
}

function fromAborted(
  state: MemberState,
  code: string,
  names: readonly OrganisationId[],
  burnt: boolean,
): MemberRecord | undefined {
  if (isOver(state)) return undefined;
  return { record: 'stopped', code, against: names, message: '', burnt };
}

/** Closed or stopped, with no complaint left to deliver. */
function isOver(state: MemberState): boolean {
  const { closed, stopped } = state.journal.open();
  return closed !== undefined || (stopped !== undefined && stopped.message === '');
}

function fromResult(state: MemberState, before: string, sumDigest: string): MemberRecord | undefined {
  const { signed, closed } = state.journal.open();
  if (closed !== undefined || state.phase === 'stopped') return undefined;
  if (signed !== undefined && signed.list.transcript !== before) refuse('list-malformed', 'before');
  return { record: 'closed', sumDigest };
}

function fromUpdate(
  state: MemberState,
  event: Extract<MemberEvent, { type: 'update-ready' }>,
): MemberRecord | undefined {
  const scalars = integersOf(state, event.scalars);
  const { updated } = state.journal.open();
  if (updated !== undefined) {
    const same = updated.wordsDigest === event.wordsDigest && updated.scalars.join() === scalars.join();
    return same ? undefined : refuse('update-differs');
  }
  if (state.phase !== 'training') refuse(state.journal.open().agreed ? 'message-late' : 'update-unexpected');
  if (!/^[0-9a-f]{64}$/.test(event.wordsDigest)) refuse('update-unexpected', 'wordsDigest');
  const salt = encodeBase64(state.dependencies.random.bytes(32));
  return { record: 'updated', wordsDigest: event.wordsDigest, salt, scalars };
}

function fromUpload(
  state: MemberState,
  event: Extract<MemberEvent, { type: 'shards-uploaded' }>,
): MemberRecord | undefined {
  const { agreed, updated, uploaded } = state.journal.open();
  const shards = event.shards.map(({ n, length, sha256 }) => ({ n, length, sha256 }));
  if (uploaded !== undefined) {
    return JSON.stringify(uploaded.shards) === JSON.stringify(shards) ? undefined : refuse('update-differs', 'shards');
  }
  if (agreed === undefined || updated === undefined || state.phase !== 'trained') {
    return refuse(state.phase === 'signed' || state.phase === 'released' ? 'message-late' : 'update-unexpected');
  }
  if (!shardsCoverPlan(state.plan, shards)) refuse('shards-differ', 'shards');
  const { organisation, signKey } = state.dependencies.identity;
  const message = signMessage(
    state.attempt,
    'manifest',
    organisation,
    hexBytes(agreed.list.transcript),
    {
      words: state.plan.wordCount,
      bits: state.plan.bits,
      shards,
      scalars: encodeBase64(maskScalars(state)),
      update: encodeBase64(updateCommitment(bytesOf(updated.salt), hexBytes(updated.wordsDigest))),
    },
    signKey,
  );
  return { record: 'uploaded', shards, message };
}

function integersOf(state: MemberState, scalars: Readonly<Record<string, number>>): number[] {
  const { scalars: plans } = state.plan;
  const strangers = Object.keys(scalars).filter((name) => !plans.some((plan) => plan.name === name));
  if (strangers.length > 0) refuse('scalar-out-of-bounds', strangers.join(', '));
  return plans.map(({ name, bound, scale }) => {
    const integer = Math.round((Object.hasOwn(scalars, name) ? (scalars[name] as number) : Number.NaN) * scale);
    if (!(Math.abs(integer) <= bound)) refuse('scalar-out-of-bounds', name);
    // JSON has no negative zero.
    return integer === 0 ? 0 : integer;
  });
}

/** What follows a record, in a step as after a crash. */
function effectsAfter(state: MemberState, record: MemberRecord): MemberEffect[] {
  const effects: MemberEffect[] = marksAfter(state, record);
  switch (record.record) {
    case 'started':
      return [...effects, { type: 'send', stage: 'advertise', text: record.message }];
    case 'shared':
      return [...effects, { type: 'send', stage: 'share', text: record.message }];
    case 'confirmed':
      return [...effects, { type: 'send', stage: 'confirm', text: record.message }];
    case 'agreed':
      return [...effects, { type: 'train' }];
    case 'updated':
      return [...effects, { type: 'upload' }];
    case 'uploaded':
      return [...effects, { type: 'send', stage: 'manifest', text: record.message }];
    case 'signed':
      return [...effects, { type: 'send', stage: 'signature', text: record.message }];
    case 'released':
      return [...effects, { type: 'send', stage: 'opening', text: record.message }];
    case 'closed':
      return [...effects, { type: 'erase', attempt: state.plan.attempt }];
    case 'stopped':
      if (record.message !== '') return [...effects, { type: 'send', stage: 'complaint', text: record.message }];
      return [...effects, { type: 'erase', attempt: state.plan.attempt }];
  }
}

function marksAfter(state: MemberState, record: MemberRecord): MemberEffect[] {
  const { instance, attempt } = state.plan;
  const markOf = (kind: AttemptMark['kind'], transcript = ''): MemberEffect[] => [
    { type: 'mark', mark: { instance, attempt, kind, transcript } },
  ];
  switch (record.record) {
    case 'started':
      return markOf('joined');
    case 'signed':
      return markOf('signed', record.list.transcript);
    case 'released':
      return markOf('released', journalOf(state, 'signed').list.transcript);
    case 'closed':
      return markOf('closed');
    case 'stopped':
      return record.burnt ? markOf('closed') : [];
    default:
      return [];
  }
}

function asStep(work: () => MemberStep): MemberStep {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}
