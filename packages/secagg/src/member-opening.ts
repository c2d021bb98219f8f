// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { type Attempt, memberOf } from './attempt.ts';
import { type ListOf, listedMembers } from './lists.ts';
import type { MemberRecord, SharePair } from './member-records.ts';
import { demandOwn, hexBytes, journalOf, numbered } from './member-sharing.ts';
import type { MemberState } from './member-state.ts';
import { type MessageBody, readMessage, signMessage } from './messages.ts';
import { refuse } from './refusal.ts';
import { shardsCoverPlan } from './shard-layout.ts';
import { toHex, transcript } from './transcript.ts';

type Kept<K extends MemberRecord['record']> = Extract<MemberRecord, { record: K }>;

/** Stage 5, from the `survivors` list. The record is durable before the signature leaves: one T4 per instance and member. */
export function signSurvivors(state: MemberState, list: ListOf<'survivors'>, digest: string): Kept<'signed'> {
  const { attempt, plan } = state;
  const { identity, slotWitness } = state.dependencies;
  const self = identity.organisation;
  const agreed = journalOf(state, 'agreed');
  const t3 = hexBytes(agreed.list.transcript);
  const members = listedMembers(attempt, list.members, agreed.list.members, plan.quorum);
  for (const { organisation, message } of list.members) readManifest(attempt, organisation, t3, message);
  // To be left out is harmless (nothing of this member is opened); to be spoken for is not.
  if (members.includes(self)) {
    demandOwn(state, 'manifest', list.members.find((entry) => entry.organisation === self)?.message);
  }
  const t4 = transcript('survivors', t3, numbered(state, list.members));
  if (slotWitness !== undefined) {
    const slot = { kind: 'survivors', instance: plan.instance, attempt: plan.attempt } as const;
    if (slotWitness.firstEntry(slot) !== toHex(t4)) refuse('witness-disagrees', 'survivors');
  }
  const message = signMessage(attempt, 'signature', self, t4, {}, identity.signKey);
  return { record: 'signed', list: { digest, members, transcript: toHex(t4) }, message };
}

/** Stage 6, from the `signatures` list (lock A): per member of U3 one kind of share, never both. */
export function releaseShares(state: MemberState, list: ListOf<'signatures'>, digest: string): Kept<'released'> {
  const { attempt, plan } = state;
  const { identity, slotWitness } = state.dependencies;
  const confirmers = journalOf(state, 'agreed').list.members;
  const signed = journalOf(state, 'signed').list;
  const t4 = hexBytes(signed.transcript);
  const signers = listedMembers(attempt, list.members, confirmers, 0);
  for (const { organisation, message } of list.members) readMessage(attempt, 'signature', organisation, t4, message);
  if (signers.length < plan.threshold) refuse('signatures-too-few', `${signers.length} of ${plan.threshold}`);
  if (slotWitness !== undefined) {
    const slot = { kind: 'survivors', instance: plan.instance, attempt: plan.attempt } as const;
    if (slotWitness.firstEntry(slot) !== signed.transcript) refuse('witness-disagrees', 'survivors');
  }
  const dropped = confirmers.filter((name) => !signed.members.includes(name));
  const message = signMessage(
    attempt,
    'opening',
    identity.organisation,
    t4,
    {
      self: signed.members.map((of) => ({ of, share: shareOf(state, of).self })),
      box: dropped.map((of) => ({ of, share: shareOf(state, of).box })),
    },
    identity.signKey,
  );
  return { record: 'released', list: { digest, members: signers, transcript: '' }, message };
}

/** A manifest that fits the plan: whole vector, right ring, one number per scalar. */
export function readManifest(
  attempt: Attempt,
  from: OrganisationId,
  t3: Uint8Array,
  message: string,
): MessageBody<'manifest'> {
  const { plan } = attempt;
  const body = readMessage(attempt, 'manifest', memberOf(attempt, from).organisation, t3, message);
  if (body.words !== plan.wordCount || body.bits !== plan.bits) refuse('shards-differ', 'words', [from]);
  if (!shardsCoverPlan(plan, body.shards)) refuse('shards-differ', 'shards', [from]);
  if (body.scalars.length !== 4 * plan.scalars.length) refuse('shards-differ', 'scalars', [from]);
  return body;
}

function shareOf(state: MemberState, of: OrganisationId): SharePair {
  if (of === state.dependencies.identity.organisation) return journalOf(state, 'shared').ownShares;
  const held = journalOf(state, 'confirmed').shares.find((entry) => entry.from === of);
  if (held === undefined) throw new Error(`no shares of ${of} were kept`);
  return held.shares;
}
