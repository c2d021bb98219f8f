// SPDX-License-Identifier: Apache-2.0
import { createHash, hkdfSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Sealed } from '../packages/core/src/sealed.ts';
import { sealBox, signBytes, splitSecret, verifyKeyToSpki } from '../packages/crypto/src/index.ts';
import { openKeyStream } from '../packages/crypto/src/key-stream.ts';
import { Coalition, type CoalitionOptions, type Party } from '../packages/secagg/src/coalition-driver.ts';
import { keyFor, seededBytes } from '../packages/secagg/src/coalition-seeds.ts';
import * as derive from '../packages/secagg/src/derivations.ts';
import { signEnvelope } from '../packages/secagg/src/envelope.ts';
import { type ListName, publishedList } from '../packages/secagg/src/index.ts';
import type { MemberRecord } from '../packages/secagg/src/member-records.ts';
import { encodeParts, h, transcript } from '../packages/secagg/src/transcript.ts';
import { maskWords } from '../packages/secagg/src/word-masking.ts';
import { quantiseBlock } from '../packages/tensor/src/index.ts';
import { refusalVectors } from './protocol-refusal-vectors.ts';

/**
 * Writes `docs/protocol/vectors`. All randomness is seeded but what OpenSSL and the sharing library draw for themselves (ML-KEM encapsulation,
 * polynomials): those are recorded, so two runs differ there and in what follows from it. Run it only when the protocol changes its version.
 */
const folder = new URL('../docs/protocol/vectors/', import.meta.url);
const seedOf = (name: string, length = 32) => seededBytes(`vectors/${name}`).bytes(length);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unbase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const sha256 = (data: Uint8Array | string) => new Uint8Array(createHash('sha256').update(data).digest());

function write(name: string, value: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(name, folder), `${JSON.stringify(value, null, 1)}\n`);
}

function hashing() {
  const before = seedOf('before');
  const listed = [0, 2, 31].map((index) => ({ index, text: `text of member ${index}: 基盤` }));
  const parts = [before, 7, '基盤', new Uint8Array(0)];
  return {
    parts: [
      {
        label: 'example',
        parts: [{ bytes: hex(before) }, { index: 7 }, { text: '基盤' }, { bytes: '' }],
        encoded: hex(encodeParts('example', parts)),
        h: hex(h('example', parts)),
      },
      { label: 'nothing', parts: [], encoded: hex(encodeParts('nothing', [])), h: hex(h('nothing', [])) },
    ],
    transcripts: (['keys', 'shares', 'confirms', 'survivors'] as const).map((label) => ({
      label,
      before: hex(before),
      listed,
      transcript: hex(transcript(label, before, listed)),
    })),
  };
}

function keySchedule() {
  const row = (
    secret: Uint8Array,
    salt: Uint8Array,
    label: string,
    parts: (number | Uint8Array)[],
    key: Uint8Array,
  ) => {
    const info = encodeParts(label, parts);
    if (hex(new Uint8Array(hkdfSync('sha256', secret, salt, info, 32))) !== hex(key)) throw new Error(label);
    return { label, secret: hex(secret), salt: hex(salt), info: hex(info), key: hex(key) };
  };
  const [t1, t2, t3, agreed, first, second] = ['T1', 'T2', 'T3', 'dh', 'ss-1', 'ss-2'].map((name) => seedOf(name)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const ciphertext = seedOf('ciphertext', 1088);
  const channel = derive.channelKey({ t1, from: 2, to: 5, encapsulated: first, agreed, ciphertext });
  const pair = derive.pairSecret({ t2, low: 2, high: 5, lowToHigh: first, highToLow: second, agreed });
  const seed = seedOf('own-mask-seed');
  const boxKey = seedOf('box-key');
  return [
    {
      ...row(Buffer.concat([first, agreed]), t1, 'channel', [2, 5, sha256(ciphertext)], channel),
      ciphertext: hex(ciphertext),
    },
    row(Buffer.concat([first, second, agreed]), t2, 'pair', [2, 5], pair),
    row(boxKey, t2, 'box', [2], derive.boxSealingKey(boxKey, t2, 2)),
    row(pair, t3, 'mask/words', [2, 5], derive.pairMaskKey(pair, t3, 'words', 2, 5)),
    row(pair, t3, 'mask/scalars', [2, 5], derive.pairMaskKey(pair, t3, 'scalars', 2, 5)),
    row(seed, t3, 'self/words', [2], derive.ownMaskKey(seed, t3, 'words', 2)),
    row(seed, t3, 'self/scalars', [2], derive.ownMaskKey(seed, t3, 'scalars', 2)),
  ];
}

function boxes() {
  return [
    { from: 2, to: 5, length: 66 },
    { from: 4, to: 4, length: 96 },
  ].map(({ from, to, length }) => {
    const [key, nonce, salt] = [seedOf(`box/${from}`), seedOf(`nonce/${from}`, 12), seedOf(`salt/${from}`)];
    const plaintext = seedOf(`plain/${from}`, length);
    const associatedData = derive.associatedData(salt, from, to);
    const box = sealBox({ key, nonce, associatedData, plaintext });
    const fields = { key, nonce, salt, associatedData, plaintext, box };
    return { from, to, ...Object.fromEntries(Object.entries(fields).map(([name, bytes]) => [name, hex(bytes)])) };
  });
}

function commitments() {
  const [salt, secret, share] = [seedOf('T1'), seedOf('secret'), seedOf('share', 33)];
  return [
    { label: 'commit/self', indices: [3], kind: null, secret, value: derive.secretCommitment('self', salt, 3, secret) },
    { label: 'commit/box', indices: [3], kind: null, secret, value: derive.secretCommitment('box', salt, 3, secret) },
    {
      label: 'commit/share',
      indices: [3, 9],
      kind: 'self',
      secret: share,
      value: derive.shareCommitment('self', salt, 3, 9, share),
    },
    {
      label: 'commit/share',
      indices: [3, 9],
      kind: 'box',
      secret: share,
      value: derive.shareCommitment('box', salt, 3, 9, share),
    },
    { label: 'commit/pair', indices: [3, 9], kind: null, secret, value: derive.pairCommitment(salt, 3, 9, secret) },
    { label: 'commit/update', indices: [], kind: null, secret, value: derive.updateCommitment(salt, secret) },
  ].map((one) => ({ ...one, salt: hex(salt), secret: hex(one.secret), value: hex(one.value) }));
}

async function sharing() {
  const cases = [];
  for (const [shares, threshold] of [
    [3, 3],
    [5, 4],
    [8, 6],
    [32, 22],
  ] as const) {
    const secret = seedOf(`sharing/${shares}`);
    cases.push({ threshold, secret: hex(secret), shares: (await splitSecret(secret, { shares, threshold })).map(hex) });
  }
  return cases;
}

function maskStreams() {
  const key = seedOf('stream');
  return [0, 16, 4096, 65_536, 2 ** 32, 2 ** 36 + 48].map((byteOffset) => ({
    key: hex(key),
    byteOffset,
    bytes: hex(openKeyStream(key, byteOffset).next(64)),
  }));
}

function maskedWords() {
  const plan = new Coalition({ memberCount: 3 }).plan;
  const streams = [1, -1, 1].map((sign, place) => ({ key: seedOf(`word/${place}`), sign: sign as 1 | -1 }));
  return ([8, 16, 32] as const).map((bits) => {
    const levelLimit = bits === 8 ? 7 : 127;
    const levels = Int8Array.from(seedOf(`levels/${bits}`, 37), (byte) => (byte % (2 * levelLimit + 1)) - levelLimit);
    const wordOffset = 128 / (bits / 8);
    const masked = maskWords({
      plan: { ...plan, bits, levelLimit, wordCount: wordOffset + levels.length },
      streams: new Sealed(streams),
      levels,
      wordOffset,
    });
    return {
      bits,
      wordOffset,
      streams: streams.map(({ key, sign }) => ({ key: hex(key), sign })),
      levels: [...levels],
      masked: hex(masked),
    };
  });
}

function quantiser() {
  return [
    { limit: 127, scale: 0.0078125, weight: 1 },
    { limit: 7, scale: 0.1, weight: 0.75 },
  ].map(({ limit, scale, weight }) => {
    const scale32 = Math.fround(scale);
    const values = Float32Array.from([0, -0, 1e-9, 0.5, -0.5, 0.99, -0.99, 1.0078125, -5, 3.4e38, 0.33, -0.77]);
    const noise = Uint16Array.from([0, 65_535, 65_535, 0, 1, 32_768, 32_767, 65_535, 0, 65_535, 40_000, 12_345]);
    const result = quantiseBlock(values, scale32, limit, () => noise, weight);
    if (!result.ok) throw new Error('not finite');
    return {
      limit,
      scaleBits: hex(new Uint8Array(Float32Array.of(scale32).buffer)),
      weight,
      valueBits: hex(new Uint8Array(values.buffer)),
      noise: [...noise],
      levels: [...result.block.levels],
      clipped: result.block.clippedCount,
    };
  });
}

function signatures() {
  const seed = seededBytes('key/vectors/signature').bytes(32);
  const key = keyFor('vectors/signature');
  return ['plan', 'list', 'advertise', 'signature'].map((kind) => {
    const body = `{"from":"alder","v":1}`;
    const digest = h('sign', [kind, body]);
    return {
      kind,
      body,
      signSeed: hex(seed),
      publicKeySpki: verifyKeyToSpki(key.verifyKey),
      digest: hex(digest),
      signature: hex(signBytes(key, digest)),
      text: signEnvelope(kind, JSON.parse(body) as object, key),
    };
  });
}

const commonLists = ['keys', 'confirms', 'survivors', 'signatures', 'result'] as const;

async function attemptVector(options: CoalitionOptions) {
  const coalition = new Coalition(options);
  const outcome = await coalition.run();
  const hub = coalition.hub!;
  const listText = (name: ListName, party: Party) => publishedList(hub, name, party.organisation)!;
  const any = coalition.parties[0]!;
  const transcripts = Object.fromEntries(
    (['keys', 'shares', 'confirms', 'survivors'] as const).map((name, at) => [
      `T${at + 1}`,
      hex(hub.frozen[name]!.transcript),
    ]),
  );
  const members = coalition.parties.map((party, index) => memberVector(coalition, party, index));
  return {
    coalition,
    vector: {
      about: options.lost === undefined ? 'Everybody stays.' : 'One member is lost after it confirmed.',
      hub: {
        signSeed: hex(seededBytes(`key/${options.seed}/hub`).bytes(32)),
        publicKeySpki: verifyKeyToSpki(coalition.hubKey.verifyKey),
      },
      planText: coalition.planText,
      P: coalition.planDigest,
      transcripts,
      members,
      lists: {
        ...Object.fromEntries(commonLists.map((name) => [name, listText(name, any)])),
        shares: Object.fromEntries(coalition.parties.map((party) => [party.organisation, listText('shares', party)])),
      },
      opened: {
        survivors: outcome.survivors,
        sum: outcome.sum,
        scalars: Object.fromEntries(Object.entries(outcome.scalars).map(([name, { sum }]) => [name, sum])),
      },
    },
  };
}

function memberVector(coalition: Coalition, party: Party, index: number) {
  const records = party.written.map((text) => JSON.parse(text) as MemberRecord);
  const find = <K extends MemberRecord['record']>(kind: K) =>
    records.find((record) => record.record === kind) as Extract<MemberRecord, { record: K }> | undefined;
  const [started, shared, confirmed, updated] = [
    find('started')!,
    find('shared')!,
    find('confirmed')!,
    find('updated'),
  ];
  const messages = Object.fromEntries(
    coalition.sent.filter(({ from }) => from === party.organisation).map(({ stage, text }) => [stage, text]),
  );
  const box = (JSON.parse((JSON.parse(messages.confirm!) as { body: string }).body) as { box: string }).box;
  const from = (text: string) => hex(unbase64(text));
  return {
    organisation: party.organisation,
    index,
    signSeed: hex(seededBytes(`key/${coalition.options.seed}/${party.organisation}`).bytes(32)),
    x25519Seed: from(started.x25519Seed),
    mlKemSeed: from(started.mlKemSeed),
    ownMaskSeed: from(shared.selfSeed),
    boxKey: from(shared.boxKey),
    ownShares: { self: from(shared.ownShares.self), box: from(shared.ownShares.box) },
    encapsulated: shared.peers.map((peer) => ({
      to: peer.organisation,
      x25519: from(peer.x25519),
      secret: from(peer.encapsulated),
    })),
    receivedShares: confirmed.shares.map(({ from: dealer, shares }) => ({
      dealer,
      self: from(shares.self),
      box: from(shares.box),
    })),
    pairSecrets: confirmed.pairs.map((pair) => ({ with: pair.with, secret: from(pair.secret) })),
    boxNonce: hex(unbase64(box).subarray(0, 12)),
    levels: [...party.levels],
    scalars: Object.fromEntries(coalition.plan.scalars.map(({ name }) => [name, coalition.scalarOf(party)])),
    ...(updated === undefined ? {} : { updateSalt: from(updated.salt), scalarIntegers: updated.scalars }),
    maskedShards: [...party.shards.values()].map(hex),
    messages,
  };
}

write('primitives.json', {
  hashing: hashing(),
  keySchedule: keySchedule(),
  boxes: boxes(),
  commitments: commitments(),
  sharing: await sharing(),
  maskStreams: maskStreams(),
  maskedWords: maskedWords(),
  quantiser: quantiser(),
  signatures: signatures(),
});
const three = await attemptVector({ memberCount: 3, seed: 'vectors/three' });
write('attempt-of-three.json', three.vector);
const five = await attemptVector({ memberCount: 5, seed: 'vectors/five', lost: new Map([[2, 'manifest']]) });
write('attempt-with-a-loss.json', five.vector);
write('refusals.json', refusalVectors(three.coalition, three.vector));
