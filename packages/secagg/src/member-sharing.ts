// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import {
  decodeBase64,
  encodeBase64,
  isAgreementPublicKey,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768KeyPair,
  openBox,
  sealBox,
  splitSecret,
  x25519KeyPair,
  x25519SharedSecret,
} from '@kiban/crypto';
import { memberOf } from './attempt.ts';
import {
  associatedData,
  boxSealingKey,
  channelKey,
  pairCommitment,
  pairSecret,
  sameBytes,
  secretCommitment,
  shareCommitment,
} from './derivations.ts';
import { type ListOf, listedMembers } from './lists.ts';
import type { KeptPeer, MemberRecord, SharePair } from './member-records.ts';
import type { MemberState } from './member-state.ts';
import {
  encodeShareMessage,
  entriesFor,
  type MessageBody,
  partDigest,
  readMessage,
  readShareMessage,
  type SharePart,
  shareLength,
  signMessage,
} from './messages.ts';
import { refuse } from './refusal.ts';
import { toHex, transcript } from './transcript.ts';

type Kept<K extends MemberRecord['record']> = Extract<MemberRecord, { record: K }>;

/** A peer did something that its signature proves: the attempt cannot go on with it. */
export interface PeerFault {
  readonly code: 'part-unreadable' | 'share-wrong' | 'pair-disagrees';
  readonly against: OrganisationId;
}

/** Fresh keys of one attempt, from the one source of randomness. */
export function drawAgreementKeys(seeds: { readonly x25519Seed: string; readonly mlKemSeed: string }) {
  return { x25519: x25519KeyPair(bytesOf(seeds.x25519Seed)), mlKem: mlKem768KeyPair(bytesOf(seeds.mlKemSeed)) };
}

/** Stage 2, from the `keys` list: deals both secrets and seals a part for every peer of U1. */
export async function shareFromKeys(
  state: MemberState,
  list: ListOf<'keys'>,
  digest: string,
): Promise<Kept<'shared'> | 'left-out'> {
  const { attempt, plan, index } = state;
  const { identity, random } = state.dependencies;
  const self = identity.organisation;
  const roster = attempt.roster.map((member) => member.organisation);
  const members = listedMembers(attempt, list.members, roster, plan.quorum);
  const bodies = list.members.map(({ organisation, message }) =>
    readMessage(attempt, 'advertise', organisation, attempt.planHash, message),
  );
  demandDistinctKeys(bodies);
  if (!members.includes(self)) return 'left-out';
  demandOwn(state, 'advertise', list.members.find((entry) => entry.organisation === self)?.message);
  const t1 = transcript('keys', attempt.planHash, numbered(state, list.members));

  const selfSeed = random.bytes(32);
  const boxKey = random.bytes(32);
  const dealing = { shares: members.length, threshold: plan.threshold };
  const selfShares = await splitSecret(selfSeed, dealing);
  const boxShares = await splitSecret(boxKey, dealing);
  const keys = drawAgreementKeys(journalOf(state, 'started'));
  const peers: KeptPeer[] = [];
  const parts: { to: OrganisationId; part: SharePart }[] = [];
  for (const [place, body] of bodies.entries()) {
    if (body.from === self) continue;
    const to = memberOf(attempt, body.from).index;
    const agreed = x25519SharedSecret(keys.x25519.privateKey, body.x25519);
    const kem = mlKem768Encapsulate(body.mlKem768);
    if (agreed === undefined || kem === undefined) return refuse('key-unusable', '', [body.from]);
    const box = sealBox({
      key: channelKey({ t1, from: index, to, encapsulated: kem.sharedSecret, agreed, ciphertext: kem.ciphertext }),
      nonce: random.bytes(12),
      associatedData: associatedData(t1, index, to),
      plaintext: Buffer.concat([selfShares[place] as Uint8Array, boxShares[place] as Uint8Array]),
    });
    parts.push({ to: body.from, part: { ciphertext: encodeBase64(kem.ciphertext), box: encodeBase64(box) } });
    peers.push({
      organisation: body.from,
      x25519: encodeBase64(body.x25519),
      encapsulated: encodeBase64(kem.sharedSecret),
    });
  }
  const header = signMessage(
    attempt,
    'share',
    self,
    t1,
    {
      self: encodeBase64(secretCommitment('self', t1, index, selfSeed)),
      box: encodeBase64(secretCommitment('box', t1, index, boxKey)),
      shares: members.map((to, place) => {
        const holder = memberOf(attempt, to).index;
        return {
          to,
          self: encodeBase64(shareCommitment('self', t1, index, holder, selfShares[place] as Uint8Array)),
          box: encodeBase64(shareCommitment('box', t1, index, holder, boxShares[place] as Uint8Array)),
        };
      }),
      parts: parts.map(({ to, part }) => ({ to, sha256: partDigest(part) })),
    },
    identity.signKey,
  );
  const place = members.indexOf(self);
  return {
    record: 'shared',
    list: { digest, members, transcript: toHex(t1) },
    peers,
    selfSeed: encodeBase64(selfSeed),
    boxKey: encodeBase64(boxKey),
    ownShares: {
      self: encodeBase64(selfShares[place] as Uint8Array),
      box: encodeBase64(boxShares[place] as Uint8Array),
    },
    message: encodeShareMessage(header, parts),
  };
}

/** Stage 3, from the `shares` list: opens and checks every part, agrees on the pair secrets, puts them into the box. */
export function confirmFromShares(
  state: MemberState,
  list: ListOf<'shares'>,
  digest: string,
): Kept<'confirmed'> | PeerFault | 'left-out' {
  const { attempt, plan, index } = state;
  const { identity, random } = state.dependencies;
  const self = identity.organisation;
  const shared = journalOf(state, 'shared');
  const t1 = hexBytes(shared.list.transcript);
  const members = listedMembers(attempt, list.members, shared.list.members, plan.quorum);
  if (list.to !== self) refuse('list-malformed', 'to');
  const headers = list.members.map(({ organisation, message }) => {
    const body = readMessage(attempt, 'share', organisation, t1, message);
    entriesFor(body.shares, (entry) => entry.to, shared.list.members, organisation);
    const peers = shared.list.members.filter((name) => name !== organisation);
    entriesFor(body.parts, (entry) => entry.to, peers, organisation);
    return body;
  });
  if (!members.includes(self)) return 'left-out';
  const ownEntry = list.members.find((entry) => entry.organisation === self);
  if (ownEntry?.message !== readShareMessage(state.sent.share ?? '').header) refuse('list-malformed', 'own message');
  const t2 = transcript('shares', t1, numbered(state, list.members));

  const keys = drawAgreementKeys(journalOf(state, 'started'));
  const shares: { from: OrganisationId; shares: SharePair }[] = [];
  const pairs: { with: OrganisationId; secret: string }[] = [];
  for (const [place, header] of headers.entries()) {
    const peer = header.from;
    if (peer === self) continue;
    const from = memberOf(attempt, peer).index;
    const part = list.members[place]?.part;
    if (part === undefined || header.parts.find((entry) => entry.to === self)?.sha256 !== partDigest(part)) {
      return refuse('list-malformed', 'part', [peer]);
    }
    const kept = shared.peers.find((one) => one.organisation === peer) as KeptPeer;
    const agreed = x25519SharedSecret(keys.x25519.privateKey, bytesOf(kept.x25519)) as Uint8Array;
    const ciphertext = decodeBase64(part.ciphertext, 1088);
    const box = decodeBase64(part.box);
    const received = ciphertext && mlKem768Decapsulate(keys.mlKem.privateKey, ciphertext);
    if (ciphertext === undefined || box === undefined || received === undefined) {
      return { code: 'part-unreadable', against: peer };
    }
    const plaintext = openBox({
      key: channelKey({ t1, from, to: index, encapsulated: received, agreed, ciphertext }),
      associatedData: associatedData(t1, from, index),
      box,
    });
    if (plaintext?.length !== 2 * shareLength) return { code: 'part-unreadable', against: peer };
    const selfShare = plaintext.subarray(0, shareLength);
    const boxShare = plaintext.subarray(shareLength);
    const committed = header.shares.find((entry) => entry.to === self) as (typeof header.shares)[number];
    if (
      !sameBytes(shareCommitment('self', t1, from, index, selfShare), committed.self) ||
      !sameBytes(shareCommitment('box', t1, from, index, boxShare), committed.box)
    ) {
      return { code: 'share-wrong', against: peer };
    }
    shares.push({ from: peer, shares: { self: encodeBase64(selfShare), box: encodeBase64(boxShare) } });
    const encapsulated = bytesOf(kept.encapsulated);
    const secret = pairSecret({
      t2,
      low: Math.min(index, from),
      high: Math.max(index, from),
      lowToHigh: index < from ? encapsulated : received,
      highToLow: index < from ? received : encapsulated,
      agreed,
    });
    pairs.push({ with: peer, secret: encodeBase64(secret) });
  }
  const message = signMessage(
    attempt,
    'confirm',
    self,
    t2,
    {
      pairs: pairs.map((pair) => ({
        with: pair.with,
        commitment: encodeBase64(commitmentWith(state, t2, pair.with, bytesOf(pair.secret))),
      })),
      box: encodeBase64(
        sealBox({
          key: boxSealingKey(bytesOf(shared.boxKey), t2, index),
          nonce: random.bytes(12),
          associatedData: associatedData(t2, index, index),
          plaintext: Buffer.concat(pairs.map((pair) => bytesOf(pair.secret))),
        }),
      ),
    },
    identity.signKey,
  );
  return { record: 'confirmed', list: { digest, members, transcript: toHex(t2) }, shares, pairs, message };
}

/** End of stage 3, from the `confirms` list: both ends of each own pair committed to the same secret. */
export function agreeFromConfirms(
  state: MemberState,
  list: ListOf<'confirms'>,
  digest: string,
): Kept<'agreed'> | PeerFault | 'left-out' {
  const { attempt, plan } = state;
  const self = state.dependencies.identity.organisation;
  const confirmed = journalOf(state, 'confirmed');
  const t2 = hexBytes(confirmed.list.transcript);
  const members = listedMembers(attempt, list.members, confirmed.list.members, plan.quorum);
  const bodies = list.members.map(({ organisation, message }) => {
    const body = readMessage(attempt, 'confirm', organisation, t2, message);
    const peers = confirmed.list.members.filter((name) => name !== organisation);
    entriesFor(body.pairs, (entry) => entry.with, peers, organisation);
    return body;
  });
  if (!members.includes(self)) return 'left-out';
  demandOwn(state, 'confirm', list.members.find((entry) => entry.organisation === self)?.message);
  for (const body of bodies) {
    if (body.from === self) continue;
    const pair = confirmed.pairs.find((one) => one.with === body.from);
    const theirs = body.pairs.find((entry) => entry.with === self);
    const ours = commitmentWith(state, t2, body.from, bytesOf(pair?.secret ?? ''));
    if (theirs === undefined || !sameBytes(theirs.commitment, ours)) {
      return { code: 'pair-disagrees', against: body.from };
    }
  }
  const t3 = transcript('confirms', t2, numbered(state, list.members));
  return { record: 'agreed', list: { digest, members, transcript: toHex(t3) } };
}

export function journalOf<K extends MemberRecord['record']>(state: MemberState, kind: K): Kept<K> {
  const record = state.journal.open()[kind];
  if (record === undefined) throw new Error(`no ${kind} record in phase ${state.phase}`);
  return record as Kept<K>;
}

/** Entries as a transcript takes them. */
export function numbered(
  state: MemberState,
  entries: readonly { readonly organisation: OrganisationId; readonly message: string }[],
) {
  return entries.map(({ organisation, message }) => ({
    index: memberOf(state.attempt, organisation).index,
    text: message,
  }));
}

export function demandOwn(state: MemberState, stage: 'advertise' | 'confirm' | 'manifest', listed?: string): void {
  if (listed !== state.sent[stage]) refuse('list-malformed', 'own message');
}

export function hexBytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function commitmentWith(state: MemberState, t2: Uint8Array, peer: OrganisationId, secret: Uint8Array): Uint8Array {
  const other = memberOf(state.attempt, peer).index;
  return pairCommitment(t2, Math.min(state.index, other), Math.max(state.index, other), secret);
}

function demandDistinctKeys(bodies: readonly MessageBody<'advertise'>[]): void {
  const seen = new Set<string>();
  for (const body of bodies) {
    if (!isAgreementPublicKey(body.x25519, 'x25519') || !isAgreementPublicKey(body.mlKem768, 'ml-kem-768')) {
      refuse('key-unusable', '', [body.from]);
    }
    for (const key of [toHex(body.x25519), toHex(body.mlKem768)]) {
      if (seen.has(key)) refuse('key-repeated', '', [body.from]);
      seen.add(key);
    }
  }
}
