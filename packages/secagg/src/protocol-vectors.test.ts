// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { canonicalJson, type OrganisationId, sha256Hex } from '@kiban/core';
import {
  combineShares,
  encodeBase64,
  generateSigningKey,
  hkdfSha256,
  openBox,
  openKeyStream,
  sealBox,
  signBytes,
  verifyKeyFromSpki,
  verifyKeyToSpki,
} from '@kiban/crypto';
import { quantiseBlock } from '@kiban/tensor';
import { Ajv } from 'ajv';
import { associatedData, pairMaskKey } from './derivations.ts';
import { signEnvelope } from './envelope.ts';
import {
  applyMaskStreams,
  type HubEvent,
  type HubState,
  type ListName,
  type MemberEvent,
  type MemberStage,
  type MemberState,
  maskingStreams,
  maskWords,
  openingStreams,
  openScalars,
  publishedList,
  replayMember,
  type ShardDigest,
  shardLayout,
  signedWords,
  startHub,
  startMember,
  stepHub,
  stepMember,
  wordsOf,
} from './index.ts';
import { encodeParts, h, type Part, transcript } from './transcript.ts';

const folder = new URL('../../../docs/protocol/vectors/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const primitives = read('primitives.json');
const attempts: readonly AttemptVector[] = [read('attempt-of-three.json'), read('attempt-with-a-loss.json')];
const refusals = read('refusals.json');

interface MemberVector {
  readonly organisation: OrganisationId;
  readonly signSeed: string;
  readonly x25519Seed: string;
  readonly mlKemSeed: string;
  readonly ownMaskSeed: string;
  readonly boxKey: string;
  readonly ownShares: { readonly self: string; readonly box: string };
  readonly encapsulated: readonly { readonly to: OrganisationId; readonly x25519: string; readonly secret: string }[];
  readonly pairSecrets: readonly { readonly with: OrganisationId; readonly secret: string }[];
  readonly boxNonce: string;
  readonly levels: readonly number[];
  readonly scalars: Readonly<Record<string, number>>;
  readonly updateSalt?: string;
  readonly maskedShards: readonly string[];
  readonly messages: Readonly<Partial<Record<MemberStage, string>>>;
}

interface AttemptVector {
  readonly hub: { readonly signSeed: string; readonly publicKeySpki: string };
  readonly planText: string;
  readonly transcripts: Readonly<Record<'T1' | 'T2' | 'T3' | 'T4', string>>;
  readonly members: readonly MemberVector[];
  readonly lists: Readonly<Record<Exclude<ListName, 'shares' | 'aborted'>, string>> & {
    readonly shares: Readonly<Record<string, string>>;
  };
  readonly opened: {
    readonly survivors: readonly string[];
    readonly sum: readonly number[];
    readonly scalars: Readonly<Record<string, number>>;
  };
}

const stages = ['advertise', 'share', 'confirm', 'manifest', 'signature', 'opening'] as const;

test('parts, hashes and transcripts have the bytes of the vectors', () => {
  for (const { label, parts, encoded, h: hash } of primitives.hashing.parts) {
    const given = parts.map((part: { bytes?: string; index?: number; text?: string }): Part => {
      return part.index ?? part.text ?? hexToBytes(part.bytes ?? '');
    });
    assert.equal(toHex(encodeParts(label, given)), encoded);
    assert.equal(toHex(h(label, given)), hash);
  }
  for (const { label, before, listed, transcript: expected } of primitives.hashing.transcripts) {
    assert.equal(toHex(transcript(label, hexToBytes(before), listed)), expected);
    assert.equal(toHex(transcript(label, hexToBytes(before), listed.toReversed())), expected);
  }
});

test('keys, boxes and commitments have the bytes of the vectors', () => {
  for (const { secret, salt, info, key } of primitives.keySchedule) {
    const derived = hkdfSha256({ secret: hexToBytes(secret), salt: hexToBytes(salt), info: hexToBytes(info) });
    assert.equal(toHex(derived), key);
  }
  const row = primitives.keySchedule.find((one: { label: string }) => one.label === 'mask/words');
  assert.equal(toHex(pairMaskKey(hexToBytes(row.secret), hexToBytes(row.salt), 'words', 2, 5)), row.key);
  for (const one of primitives.boxes) {
    const [key, nonce, salt, plaintext] = [one.key, one.nonce, one.salt, one.plaintext].map(hexToBytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const associated = associatedData(salt, one.from, one.to);
    assert.equal(toHex(associated), one.associatedData);
    assert.equal(toHex(sealBox({ key, nonce, associatedData: associated, plaintext })), one.box);
    const box = hexToBytes(one.box);
    assert.equal(toHex(openBox({ key, associatedData: associated, box }) ?? new Uint8Array(0)), one.plaintext);
    box[20]! ^= 1;
    assert.equal(openBox({ key, associatedData: associated, box }), undefined);
  }
  for (const { label, salt, indices, kind, secret, value } of primitives.commitments) {
    const parts = [hexToBytes(salt), ...indices, ...(kind === null ? [] : [kind]), hexToBytes(secret)];
    assert.equal(toHex(h(label, parts)), value);
  }
});

test('any threshold of the shares in the vectors combine to the secret, one fewer do not', async () => {
  for (const { threshold, secret, shares } of primitives.sharing) {
    const all: Uint8Array[] = shares.map(hexToBytes);
    for (let start = 0; start < all.length; start += 1) {
      const turned = [...all.slice(start), ...all.slice(0, start)];
      const combined = await combineShares(turned.slice(0, threshold));
      assert.ok(combined.ok && toHex(combined.secret) === secret);
      const fewer = await combineShares(turned.slice(0, threshold - 1));
      assert.ok(fewer.ok && toHex(fewer.secret) !== secret);
    }
  }
});

test('streams, masked words and levels have the bytes of the vectors', () => {
  for (const { key, byteOffset, bytes } of primitives.maskStreams) {
    assert.equal(toHex(openKeyStream(hexToBytes(key), byteOffset).next(bytes.length / 2)), bytes);
  }
  for (const { bits, wordOffset, streams, levels, masked } of primitives.maskedWords) {
    const words = wordsOf(bits, new Uint8Array((levels.length * bits) / 8));
    words.set(levels);
    const opened = streams.map((one: { key: string; sign: 1 | -1 }) => ({ key: hexToBytes(one.key), sign: one.sign }));
    applyMaskStreams({ bits, streams: opened, words, wordOffset });
    assert.equal(toHex(new Uint8Array(words.buffer)), masked);
  }
  for (const one of primitives.quantiser) {
    const values = new Float32Array(hexToBytes(one.valueBits).buffer as ArrayBuffer);
    const [scale] = new Float32Array(hexToBytes(one.scaleBits).buffer as ArrayBuffer);
    const result = quantiseBlock(values, scale as number, one.limit, () => Uint16Array.from(one.noise), one.weight);
    assert.ok(result.ok);
    assert.deepEqual([...result.block.levels], one.levels);
    assert.equal(result.block.clippedCount, one.clipped);
  }
});

test('signed texts are those of the vectors', () => {
  for (const { kind, body, signSeed, publicKeySpki, digest, signature, text } of primitives.signatures) {
    const key = keyOf(signSeed);
    assert.equal(verifyKeyToSpki(key.verifyKey), publicKeySpki);
    assert.equal(toHex(h('sign', [kind, body])), digest);
    assert.equal(toHex(signBytes(key, hexToBytes(digest))), signature);
    assert.equal(signEnvelope(kind, JSON.parse(body), key), text);
  }
});

test('a hub given the recorded messages publishes the recorded lists and opens the recorded sum', async () => {
  for (const vector of attempts) {
    const hub = await hubBefore(vector, undefined);
    const { survivors, words: streams } = openingStreams(hub);
    assert.deepEqual(survivors, vector.opened.survivors);
    for (const { organisation } of vector.members) {
      for (const name of ['keys', 'confirms', 'survivors', 'signatures'] as const) {
        assert.equal(publishedList(hub, name, organisation), vector.lists[name]);
      }
      assert.equal(publishedList(hub, 'shares', organisation), vector.lists.shares[organisation]);
    }
    const { bits, wordCount } = hub.plan;
    const total = wordsOf(bits, new Uint8Array(wordCount * (bits / 8)));
    for (const { organisation, maskedShards } of vector.members) {
      if (!survivors.includes(organisation)) continue;
      const masked = wordsOf(bits, hexToBytes(maskedShards.join('')));
      for (let index = 0; index < wordCount; index += 1) total[index]! += masked[index]!;
    }
    applyMaskStreams({ bits, streams: streams.open(), words: total, wordOffset: 0 });
    assert.deepEqual([...signedWords(bits, total)], vector.opened.sum);
    for (const [name, sum] of Object.entries(vector.opened.scalars)) assert.equal(openScalars(hub)[name]?.sum, sum);
  }
});

test('a member given the recorded randomness and lists sends the recorded messages and shards', async () => {
  for (const vector of attempts) {
    for (const member of vector.members) {
      const random = [member.x25519Seed, member.mlKemSeed];
      const started = startMember({ planText: vector.planText, ...dependencies(vector, member, random), marks: [] });
      assert.ok(started.ok);
      assert.equal(started.state.sent.advertise, member.messages.advertise);
      // `opening` is sent by more members than the hub needed; those that it never saw are not recorded.
      await walk(vector, member, undefined);
    }
  }
});

test('plans, messages and lists that must be refused are refused with the recorded code and status', async () => {
  const vector = attempts[0] as AttemptVector;
  const birch = vector.members[1] as MemberVector;
  for (const { name, text, code, status } of refusals.plans) {
    const step = startMember({ planText: text, ...dependencies(vector, birch, []), marks: [] });
    assert.deepEqual(!step.ok && [step.refusal.code, step.refusal.status], [code, status], name);
  }
  for (const { name, at, stage, text, code, status } of refusals.hub) {
    const step = await stepHub(await hubBefore(vector, at), messageOf(birch, stage, text));
    assert.deepEqual(!step.ok && [step.refusal.code, step.refusal.status], [code, status], name);
  }
  for (const { name, list, text, code, status } of refusals.member) {
    const state = await walk(vector, birch, list);
    const step = await stepMember(state, { type: 'list-received', list, text });
    assert.deepEqual(!step.ok && [step.refusal.code, step.refusal.status], [code, status], name);
  }
  const cases = refusals.plans.length + refusals.hub.length + refusals.member.length;
  assert.ok(cases > 40);
});

test('the files of attempts and refusals have the published schema', () => {
  const schema = JSON.parse(readFileSync(new URL('../vectors.schema.json', folder), 'utf8'));
  const validatorOf = (name: string) => new Ajv().compile({ ...schema, allOf: [{ $ref: `#/definitions/${name}` }] });
  const [isAttempt, isRefusals] = [validatorOf('attempt'), validatorOf('refusals')];
  const spoilt = { ...refusals, hub: [{ ...refusals.hub[0], status: 500 }] };
  for (const attempt of attempts) assert.ok(isAttempt(attempt), JSON.stringify(isAttempt.errors));
  assert.ok(isRefusals(refusals), JSON.stringify(isRefusals.errors));
  assert.ok(!isAttempt({ ...attempts[0], P: 'AB' }));
  assert.ok(!isRefusals(spoilt));
});

test('the vectors stay below one mebibyte', () => {
  const sizes = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)).length);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 1024 * 1024);
});

/** The hub with all messages of the stages before `stage`, and those of members before birch in it; all messages when undefined. */
async function hubBefore(vector: AttemptVector, stage: MemberStage | undefined): Promise<HubState> {
  const started = await startHub({ planText: vector.planText, signKey: keyOf(vector.hub.signSeed) });
  assert.ok(started.ok);
  let state = started.state;
  const tell = async (event: HubEvent) => {
    const step = await stepHub(state, event);
    assert.ok(step.ok, step.ok ? '' : `${step.refusal.code} ${step.refusal.about}`);
    state = step.state;
  };
  for (const each of stages) {
    for (const member of vector.members) {
      if (each === stage && member.organisation === 'birch') return state;
      const text = member.messages[each];
      // Beyond the first t signatures and openings nothing is awaited any more.
      if (text !== undefined && !isOver(state, each)) await tell(messageOf(member, each, text));
    }
    const lost = vector.members.some((member) => member.messages.manifest === undefined);
    if (each === 'manifest' && lost) await tell({ type: 'freeze', stage: 'manifest' });
  }
  return state;
}

function isOver(state: HubState, stage: MemberStage): boolean {
  return (stage === 'signature' && state.frozen.signatures !== undefined) || state.opened !== undefined;
}

function messageOf(member: MemberVector, stage: MemberStage, text: string): HubEvent {
  const durableShards = stage === 'manifest' ? shardsOf(member) : undefined;
  return { type: 'message-received', from: member.organisation, stage, text, durableShards };
}

function shardsOf(member: MemberVector): ShardDigest[] {
  return member.maskedShards.map((bytes, n) => ({
    n,
    length: bytes.length / 2,
    sha256: sha256Hex(hexToBytes(bytes)),
  }));
}

/** A member from its recorded secrets through the recorded lists, each message and shard compared, up to the list `until` (which it awaits). */
async function walk(vector: AttemptVector, member: MemberVector, until: ListName | undefined): Promise<MemberState> {
  const { organisation, messages } = member;
  const records = [
    {
      record: 'started',
      planText: vector.planText,
      organisation,
      x25519Seed: base64(member.x25519Seed),
      mlKemSeed: base64(member.mlKemSeed),
      message: messages.advertise,
    },
    {
      record: 'shared',
      list: {
        digest: sha256Hex(vector.lists.keys),
        members: vector.members.map((one) => one.organisation),
        transcript: vector.transcripts.T1,
      },
      peers: member.encapsulated.map(({ to, x25519, secret }) => ({
        organisation: to,
        x25519: base64(x25519),
        encapsulated: base64(secret),
      })),
      selfSeed: base64(member.ownMaskSeed),
      boxKey: base64(member.boxKey),
      ownShares: { self: base64(member.ownShares.self), box: base64(member.ownShares.box) },
      message: messages.share,
    },
  ];
  const random = [member.boxNonce, ...(member.updateSalt === undefined ? [] : [member.updateSalt])];
  const known = (until === 'keys' ? records.slice(0, 1) : records).map(canonicalJson);
  const replayed = replayMember(known, dependencies(vector, member, random));
  assert.ok(replayed.ok);
  let state = replayed.state;
  const tell = async (event: MemberEvent, stage?: MemberStage) => {
    const step = await stepMember(state, event);
    assert.ok(step.ok, step.ok ? '' : `${organisation}: ${step.refusal.code} ${step.refusal.about}`);
    state = step.state;
    if (stage !== undefined && messages[stage] !== undefined) assert.equal(state.sent[stage], messages[stage]);
  };
  const take = (list: 'shares' | 'confirms' | 'survivors' | 'signatures', stage?: MemberStage) => {
    const text = list === 'shares' ? (vector.lists.shares[organisation] ?? '') : vector.lists[list];
    return tell({ type: 'list-received', list, text }, stage);
  };
  if (until === 'keys' || until === 'shares') return state;
  await take('shares', 'confirm');
  assert.deepEqual(
    state.journal.open().confirmed?.pairs,
    member.pairSecrets.map((pair) => ({ with: pair.with, secret: base64(pair.secret) })),
  );
  if (until === 'confirms') return state;
  await take('confirms');
  assert.equal(state.journal.open().agreed?.list.transcript, vector.transcripts.T3);
  if (member.updateSalt !== undefined) {
    const levels = Int8Array.from(member.levels);
    const wordsDigest = sha256Hex(new Uint8Array(levels.buffer));
    await tell({ type: 'update-ready', wordsDigest, scalars: member.scalars });
    const streams = maskingStreams(state);
    for (const { n, wordOffset, wordCount } of shardLayout(state.plan)) {
      const part = levels.subarray(wordOffset, wordOffset + wordCount);
      const bytes = maskWords({ plan: state.plan, streams, levels: part, wordOffset });
      assert.equal(toHex(bytes), member.maskedShards[n]);
    }
    if (messages.manifest !== undefined) await tell({ type: 'shards-uploaded', shards: shardsOf(member) }, 'manifest');
  }
  if (until === 'survivors') return state;
  await take('survivors', 'signature');
  assert.equal(state.journal.open().signed?.list.transcript, vector.transcripts.T4);
  if (until === 'signatures') return state;
  await take('signatures', 'opening');
  return state;
}

function dependencies(vector: AttemptVector, member: MemberVector, random: readonly string[]) {
  const left = [...random];
  return {
    hubPublicKey: verifyKeyFromSpki(vector.hub.publicKeySpki),
    identity: { organisation: member.organisation, signKey: keyOf(member.signSeed) },
    random: {
      bytes: (length: number) => {
        const next = hexToBytes(left.shift() ?? '');
        assert.equal(next.length, length, 'another amount of randomness is drawn than was recorded');
        return next;
      },
    },
  };
}

function keyOf(seed: string) {
  return generateSigningKey({ bytes: () => hexToBytes(seed) });
}

function hexToBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function base64(hex: string): string {
  return encodeBase64(hexToBytes(hex));
}
