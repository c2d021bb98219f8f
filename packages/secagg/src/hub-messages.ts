// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { isAgreementPublicKey, x25519KeyPair, x25519SharedSecret } from '@kiban/crypto';
import { memberOf } from './attempt.ts';
import { sameBytes, shareCommitment } from './derivations.ts';
import type { MemberStage } from './effects.ts';
import type { ShardDigest } from './events.ts';
import { expectedMembers, type HubState, messageOf, transcriptBefore } from './hub-state.ts';
import { readManifest } from './member-opening.ts';
import { entriesFor, partDigest, readMessage, readShareMessage } from './messages.ts';
import { refuse } from './refusal.ts';

/** Checks a message of the current stage completely; nothing is kept of one that is refused. */
export function checkHubMessage(
  state: HubState,
  stage: MemberStage,
  from: OrganisationId,
  text: string,
  durableShards: readonly ShardDigest[],
): void {
  const { attempt } = state;
  const before = transcriptBefore(state, stage);
  switch (stage) {
    case 'advertise':
      return checkKeys(state, from, text);
    case 'share':
      return checkParts(state, from, text);
    case 'confirm': {
      const body = readMessage(attempt, stage, from, before, text);
      const peers = expectedMembers(state, 'confirm').filter((name) => name !== from);
      entriesFor(body.pairs, (entry) => entry.with, peers, from);
      return;
    }
    case 'manifest': {
      const body = readManifest(attempt, from, before, text);
      const held = new Map(durableShards.map((shard) => [shard.n, shard]));
      for (const shard of body.shards) {
        const stored = held.get(shard.n);
        if (stored?.sha256 !== shard.sha256 || stored.length !== shard.length) {
          refuse('shards-differ', `shard ${shard.n} is not stored`, [from]);
        }
      }
      return;
    }
    case 'signature':
    case 'complaint':
      readMessage(attempt, stage, from, before, text);
      return;
    case 'opening':
      return checkOpening(state, from, text);
  }
}

/** Who disagree about their pair secret, if any two of the given members do. */
export function disagreeingPair(
  state: HubState,
  members: readonly OrganisationId[],
): readonly [OrganisationId, OrganisationId] | undefined {
  const before = transcriptBefore(state, 'confirm');
  const pairs = new Map<string, Uint8Array>();
  for (const from of members) {
    const body = readMessage(state.attempt, 'confirm', from, before, messageOf(state, 'confirm', from));
    for (const entry of body.pairs) pairs.set(`${from} ${entry.with}`, entry.commitment);
  }
  for (const one of members) {
    for (const other of members) {
      if (one >= other) continue;
      const ours = pairs.get(`${one} ${other}`);
      const theirs = pairs.get(`${other} ${one}`);
      if (ours === undefined || theirs === undefined || !sameBytes(ours, theirs)) return [one, other];
    }
  }
  return undefined;
}

/** Fixed and public: only asks whether a point can be agreed with at all. */
const probe = x25519KeyPair(new Uint8Array(32).fill(9));

function checkKeys(state: HubState, from: OrganisationId, text: string): void {
  const { attempt } = state;
  const body = readMessage(attempt, 'advertise', from, attempt.planHash, text);
  const usable =
    x25519SharedSecret(probe.privateKey, body.x25519) !== undefined &&
    isAgreementPublicKey(body.mlKem768, 'ml-kem-768');
  if (!usable) refuse('key-unusable', '', [from]);
  for (const [other, message] of state.messages.advertise) {
    const known = readMessage(attempt, 'advertise', other, attempt.planHash, message);
    if (sameBytes(known.x25519, body.x25519) || sameBytes(known.mlKem768, body.mlKem768)) {
      refuse('key-repeated', '', [from, other]);
    }
  }
}

function checkParts(state: HubState, from: OrganisationId, text: string): void {
  const message = readShareMessage(text);
  const body = readMessage(state.attempt, 'share', from, transcriptBefore(state, 'share'), message.header);
  const members = expectedMembers(state, 'share');
  const peers = members.filter((name) => name !== from);
  entriesFor(body.shares, (entry) => entry.to, members, from);
  const hashes = entriesFor(body.parts, (entry) => entry.to, peers, from);
  const parts = entriesFor(message.parts, (entry) => entry.to, peers, from);
  for (const to of peers) {
    const part = parts.get(to)?.part;
    if (part === undefined || partDigest(part) !== hashes.get(to)?.sha256) refuse('commitments-incomplete', to, [from]);
  }
}

/** Every opened share is checked against its dealer's commitment, so a wrong one names the member that answered. */
function checkOpening(state: HubState, from: OrganisationId, text: string): void {
  const { attempt } = state;
  const t1 = transcriptBefore(state, 'share');
  const body = readMessage(attempt, 'opening', from, transcriptBefore(state, 'opening'), text);
  const survivors = state.frozen.manifest?.members ?? [];
  const dropped = expectedMembers(state, 'opening').filter((name) => !survivors.includes(name));
  const holder = memberOf(attempt, from).index;
  for (const [kind, entries, expected] of [
    ['self', body.self, survivors],
    ['box', body.box, dropped],
  ] as const) {
    const names = entries.map((entry) => entry.of);
    if (names.join() !== expected.join()) refuse('opening-wrong', kind, [from]);
    for (const { of, share } of entries) {
      const header = readMessage(attempt, 'share', of, t1, messageOf(state, 'share', of));
      const committed = header.shares.find((entry) => entry.to === from)?.[kind];
      const dealer = memberOf(attempt, of).index;
      if (committed === undefined || !sameBytes(shareCommitment(kind, t1, dealer, holder, share), committed)) {
        refuse('share-wrong', `${kind} share of ${of}`, [from]);
      }
    }
  }
}
