// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { decodeBase64, isAgreementPublicKey, x25519KeyPair, x25519SharedSecret } from '@kiban/crypto';
import { memberOf } from './attempt.ts';
import { sameBytes, shareCommitment } from './derivations.ts';
import type { HubEvent, ShardDigest } from './events.ts';
import { frozenList, type HubState, messageOf, type OrderedStage, type ReceivedMessage } from './hub-state.ts';
import { readManifest } from './member-opening.ts';
import { entriesFor, type MessageBody, partDigest, readMessage, readShareMessage } from './messages.ts';
import { refuse } from './refusal.ts';

/** Any key pair shows whether a peer's point has low order. */
const probe = x25519KeyPair(new Uint8Array(32).fill(0x55));

type Incoming = Extract<HubEvent, { type: 'message-received' }>;

/** Everything the hub can see to be wrong with a message of the current stage. */
export function checkMessage(state: HubState, stage: OrderedStage, event: Incoming): ReceivedMessage<OrderedStage> {
  const { attempt } = state;
  const { from, text } = event;
  const listed = stage === 'share' ? readShareMessage(text).header : text;
  const before = transcriptBefore(state, stage);
  switch (stage) {
    case 'advertise': {
      const body = readMessage(attempt, stage, from, before, listed);
      checkKeys(state, from, body);
      return { text, listed, body };
    }
    case 'share': {
      const body = readMessage(attempt, stage, from, before, listed);
      checkParts(state, from, text, body);
      return { text, listed, body };
    }
    case 'confirm': {
      const body = readMessage(attempt, stage, from, before, listed);
      const peers = frozenList(state, 'shares').members.filter((name) => name !== from);
      entriesFor(body.pairs, (entry) => entry.with, peers, from);
      if (body.box.length !== 28 + 32 * peers.length) refuse('commitments-incomplete', 'box', [from]);
      return { text, listed, body };
    }
    case 'manifest': {
      const body = readManifest(attempt, from, before, listed);
      if (!sameShards(body.shards, event.durableShards ?? [])) refuse('shards-differ', 'stored shards', [from]);
      return { text, listed, body };
    }
    case 'signature':
      return { text, listed, body: readMessage(attempt, stage, from, before, listed) };
    case 'opening': {
      const body = readMessage(attempt, stage, from, before, listed);
      checkOpening(state, from, body);
      return { text, listed, body };
    }
  }
}

/** The transcript that a message of this stage must name. */
function transcriptBefore(state: HubState, stage: OrderedStage): Uint8Array {
  if (stage === 'advertise') return state.attempt.planHash;
  const list = {
    share: 'keys',
    confirm: 'shares',
    manifest: 'confirms',
    signature: 'survivors',
    opening: 'survivors',
  } as const;
  return frozenList(state, list[stage]).transcript;
}

function checkKeys(state: HubState, from: OrganisationId, body: MessageBody<'advertise'>): void {
  if (x25519SharedSecret(probe.privateKey, body.x25519) === undefined) refuse('key-unusable', 'x25519', [from]);
  if (!isAgreementPublicKey(body.mlKem768, 'ml-kem-768')) refuse('key-unusable', 'mlKem768', [from]);
  for (const [name, other] of state.received.advertise) {
    if (sameBytes(other.body.x25519, body.x25519) || sameBytes(other.body.mlKem768, body.mlKem768))
      refuse('key-repeated', '', [from, name]);
  }
}

function checkParts(state: HubState, from: OrganisationId, text: string, body: MessageBody<'share'>): void {
  const { members } = frozenList(state, 'keys');
  const peers = members.filter((name) => name !== from);
  entriesFor(body.shares, (entry) => entry.to, members, from);
  const digests = entriesFor(body.parts, (entry) => entry.to, peers, from);
  const parts = entriesFor(readShareMessage(text).parts, (entry) => entry.to, peers, from);
  for (const [to, { part }] of parts) {
    if (digests.get(to)?.sha256 !== partDigest(part) || decodeBase64(part.ciphertext, 1088) === undefined)
      refuse('commitments-incomplete', `part for ${to}`, [from]);
  }
}

/** One kind of share per member of U3, each as its dealer committed to it: a corrupted one is named here. */
function checkOpening(state: HubState, from: OrganisationId, body: MessageBody<'opening'>): void {
  const survivors = frozenList(state, 'survivors').members;
  const dropped = frozenList(state, 'confirms').members.filter((name) => !survivors.includes(name));
  const t1 = frozenList(state, 'keys').transcript;
  const holder = memberOf(state.attempt, from).index;
  for (const [kind, expected] of [
    ['self', survivors],
    ['box', dropped],
  ] as const) {
    const entries = body[kind];
    if (entries.length !== expected.length || entries.some((entry, place) => entry.of !== expected[place]))
      refuse('opening-wrong', kind, [from]);
    for (const { of, share } of entries) {
      const dealer = memberOf(state.attempt, of).index;
      const committed = messageOf(state, 'share', of).body.shares.find((entry) => entry.to === from);
      if (committed === undefined || !sameBytes(shareCommitment(kind, t1, dealer, holder, share), committed[kind]))
        refuse('share-wrong', `dealt by ${of}`, [from]);
    }
  }
}

function sameShards(manifest: readonly ShardDigest[], durable: readonly ShardDigest[]): boolean {
  const held = [...durable].sort((a, b) => a.n - b.n);
  return (
    manifest.length === held.length &&
    manifest.every(({ n, length, sha256 }, place) => {
      const other = held[place];
      return other !== undefined && other.n === n && other.length === length && other.sha256 === sha256;
    })
  );
}
