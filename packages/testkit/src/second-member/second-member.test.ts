// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { OrganisationId, ProgrammeId, Sha256Digest } from '@kiban/core';
import { generateSigningKey, openKeyStream, verifyKeyToSpki } from '@kiban/crypto';
import {
  type AggregationPlan,
  applyMaskStreams,
  currentStage,
  type HubEvent,
  type HubState,
  leastQuorum,
  leastThreshold,
  type MemberEvent,
  type MemberStage,
  type MemberState,
  maskingStreams,
  maskWords,
  openingStreams,
  openScalars,
  publishedList,
  shardLayout,
  signedWords,
  signPlan,
  startHub,
  startMember,
  stepHub,
  stepMember,
  wordsOf,
} from '@kiban/secagg';
import { SecondMember } from './second-member.ts';

const names = 'alder birch cedar drift elm'.split(' ') as OrganisationId[];
const scalars = [
  { name: 'weight', bound: 1 << 20, scale: 4096 },
  { name: 'loss', bound: 1 << 20, scale: 1000 },
];

/** What both implementations look like to the hub. */
interface Participant {
  readonly organisation: OrganisationId;
  advertise(): Promise<string>;
  share(keys: string): Promise<string>;
  confirm(shares: string): Promise<string>;
  shards(confirms: string): Promise<Uint8Array[]>;
  manifest(): Promise<string>;
  sign(survivors: string): Promise<string>;
  open(signatures: string): Promise<string>;
}

test('second members and product members of one attempt open the plain sum', async () => {
  for (const { bits, second } of [
    { bits: 16, second: ['birch'] },
    { bits: 8, second: ['alder', 'cedar'] },
    { bits: 32, second: ['alder', 'birch', 'cedar'] },
  ] as const) {
    await provesItself({ memberCount: 3, bits, second, lost: [] });
  }
});

test('a second member that is lost after confirming is removed, and second members help to remove a product member', async () => {
  await provesItself({ memberCount: 5, bits: 16, second: ['birch', 'drift'], lost: ['birch'] });
  await provesItself({ memberCount: 5, bits: 16, second: ['birch', 'drift'], lost: ['elm'] });
  await provesItself({ memberCount: 5, bits: 8, second: names, lost: ['alder'] });
});

test('the second implementation shares no code of the protocol with the product', () => {
  const folder = new URL('.', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const imported = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^']+)'/g)].map((match) => match[1] as string),
  );
  assert.ok(imported.length > 10);
  assert.deepEqual(
    imported.filter((name) => !name.startsWith('./') && !name.startsWith('@noble/')),
    [],
  );
});

async function provesItself(options: {
  readonly memberCount: number;
  readonly bits: 8 | 16 | 32;
  readonly second: readonly string[];
  readonly lost: readonly string[];
}): Promise<void> {
  const { memberCount, bits, second, lost } = options;
  const label = `${memberCount} members, ${bits} bits, second: ${second}, lost: ${lost}`;
  const roster = names.slice(0, memberCount);
  const signSeed = (name: string) => seeded(`key/${name}`)(32);
  const keyOf = (name: string) => generateSigningKey({ bytes: seeded(`key/${name}`) });
  const hubKey = keyOf('hub');
  const hubPublicKey = verifyKeyToSpki(hubKey.verifyKey);
  const plan = planOf(roster, bits, (name) => verifyKeyToSpki(keyOf(name).verifyKey));
  const planText = signPlan(plan, hubKey);
  const updateOf = (name: string) => {
    const bytes = seeded(`levels/${name}`)(plan.wordCount);
    const levels = Int8Array.from(bytes, (byte) => (byte % (2 * plan.levelLimit + 1)) - plan.levelLimit);
    return { levels, scalars: [names.indexOf(name as OrganisationId) / 4 - 0.5, 3.25] };
  };
  const participants = roster.map((organisation): Participant => {
    const update = updateOf(organisation);
    if (!second.includes(organisation)) {
      return productMember({ planText, hubPublicKey, organisation, signKey: keyOf(organisation), update });
    }
    const random = seeded(`${label}/${organisation}`);
    const member = new SecondMember({ planText, hubPublicKey, organisation, signSeed: signSeed(organisation), random });
    return secondMember(member, organisation, update);
  });

  const step = await startHub({ planText, signKey: hubKey });
  assert.ok(step.ok);
  let hub: HubState = step.state;
  const tell = async (event: HubEvent) => {
    const next = await stepHub(hub, event);
    assert.ok(next.ok, `${label}: ${next.ok || JSON.stringify(next.refusal)}`);
    hub = next.state;
  };
  const deliver = (from: OrganisationId, stage: MemberStage, text: string, shards: readonly Uint8Array[] = []) =>
    tell({ type: 'message-received', from, stage, text, durableShards: shards.map(shardDigest) });
  const list = (name: Parameters<typeof publishedList>[1], to: OrganisationId) => {
    const text = publishedList(hub, name, to);
    assert.ok(text, `${label}: ${name}`);
    return text;
  };

  for (const one of participants) await deliver(one.organisation, 'advertise', await one.advertise());
  for (const one of participants) {
    await deliver(one.organisation, 'share', await one.share(list('keys', one.organisation)));
  }
  for (const one of participants) {
    await deliver(one.organisation, 'confirm', await one.confirm(list('shares', one.organisation)));
  }
  const stay = participants.filter((one) => !lost.includes(one.organisation));
  const spool = new Map<string, Uint8Array[]>();
  for (const one of stay) {
    const shards = await one.shards(list('confirms', one.organisation));
    spool.set(one.organisation, shards);
    await deliver(one.organisation, 'manifest', await one.manifest(), shards);
  }
  if (lost.length > 0) await tell({ type: 'freeze', stage: 'manifest' });
  for (const one of stay) {
    if (currentStage(hub) !== 'signature') break;
    await deliver(one.organisation, 'signature', await one.sign(list('survivors', one.organisation)));
  }
  const signers = stay.slice(0, plan.threshold);
  for (const one of signers) {
    await deliver(one.organisation, 'opening', await one.open(list('signatures', one.organisation)));
  }

  const { survivors, words: streams } = openingStreams(hub);
  assert.deepEqual(
    survivors,
    stay.map((one) => one.organisation),
  );
  const total = wordsOf(bits, new Uint8Array(plan.wordCount * (bits / 8)));
  for (const name of survivors) {
    const masked = wordsOf(bits, Uint8Array.from(Buffer.concat(spool.get(name) ?? [])));
    for (let index = 0; index < total.length; index += 1) total[index]! += masked[index]!;
  }
  applyMaskStreams({ bits, streams: streams.open(), words: total, wordOffset: 0 });
  const updates = survivors.map(updateOf);
  const plainSum = Array.from({ length: plan.wordCount }, (_, index) =>
    updates.reduce((sum, { levels }) => sum + (levels[index] as number), 0),
  );
  assert.deepEqual([...signedWords(bits, total)], plainSum, label);
  const opened = openScalars(hub);
  for (const [place, { name, scale }] of scalars.entries()) {
    const plain = updates.reduce((sum, update) => sum + Math.round((update.scalars[place] as number) * scale), 0);
    assert.equal(opened[name]?.sum, plain, `${label}: ${name}`);
  }
}

interface Update {
  readonly levels: Int8Array;
  readonly scalars: readonly number[];
}

function secondMember(member: SecondMember, organisation: OrganisationId, update: Update): Participant {
  const levels = [...update.levels];
  let masked: Uint8Array[] = [];
  return {
    organisation,
    advertise: async () => member.advertise(),
    share: async (keys) => member.share(keys),
    confirm: async (shares) => member.confirm(shares),
    shards: async (confirms) => {
      member.agree(confirms);
      masked = member.maskedShards(levels);
      return masked;
    },
    manifest: async () => member.manifest(levels, masked, update.scalars),
    sign: async (survivors) => member.sign(survivors),
    open: async (signatures) => member.open(signatures),
  };
}

function productMember(input: {
  readonly planText: string;
  readonly hubPublicKey: string;
  readonly organisation: OrganisationId;
  readonly signKey: ReturnType<typeof generateSigningKey>;
  readonly update: Update;
}): Participant {
  const { planText, hubPublicKey, organisation, signKey, update } = input;
  let state: MemberState;
  const step = async (event: MemberEvent, stage?: MemberStage): Promise<string> => {
    const next = await stepMember(state, event);
    assert.ok(next.ok, `${organisation}: ${next.ok || JSON.stringify(next.refusal)}`);
    state = next.state;
    return stage === undefined ? '' : (state.sent[stage] ?? '');
  };
  const onList = (list: 'keys' | 'shares' | 'confirms' | 'survivors' | 'signatures', stage?: MemberStage) => {
    return (text: string) => step({ type: 'list-received', list, text }, stage);
  };
  let masked: Uint8Array[] = [];
  return {
    organisation,
    advertise: async () => {
      const identity = { organisation, signKey };
      const random = { bytes: seeded(`product/${organisation}`) };
      const started = startMember({ planText, hubPublicKey, identity, random, marks: [] });
      assert.ok(started.ok);
      state = started.state;
      return state.sent.advertise ?? '';
    },
    share: onList('keys', 'share'),
    confirm: onList('shares', 'confirm'),
    shards: async (confirms) => {
      await onList('confirms')(confirms);
      const wordsDigest = createHash('sha256').update(update.levels).digest('hex');
      const named = Object.fromEntries(scalars.map(({ name }, place) => [name, update.scalars[place] as number]));
      await step({ type: 'update-ready', wordsDigest, scalars: named });
      const { plan } = state;
      masked = shardLayout(plan).map(({ wordOffset, wordCount }) => {
        const levels = update.levels.subarray(wordOffset, wordOffset + wordCount);
        return maskWords({ plan, streams: maskingStreams(state), levels, wordOffset });
      });
      return masked;
    },
    manifest: () => step({ type: 'shards-uploaded', shards: masked.map(shardDigest) }, 'manifest'),
    sign: onList('survivors', 'signature'),
    open: onList('signatures', 'opening'),
  };
}

function planOf(
  roster: readonly OrganisationId[],
  bits: 8 | 16 | 32,
  spkiOf: (name: string) => string,
): AggregationPlan {
  const digestOf = (text: string) => createHash('sha256').update(text).digest('hex') as Sha256Digest;
  return {
    version: 1,
    programme: 'trial' as ProgrammeId,
    instance: 'trial.second',
    attempt: 1,
    roster: roster.map((organisation) => ({ organisation, roundPublicKey: spkiOf(organisation) })),
    threshold: leastThreshold(roster.length),
    quorum: leastQuorum(roster.length),
    baseDigest: digestOf('base'),
    wordCount: 333,
    bits,
    levelLimit: bits === 8 ? 7 : 127,
    scalesDigest: digestOf('scales'),
    scalars,
    shardBytes: 128,
    prg: 'aes-256-ctr/v1',
    graceMs: 1000,
  };
}

function shardDigest(bytes: Uint8Array, n: number) {
  return { n, length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function seeded(name: string): (length: number) => Uint8Array {
  const stream = openKeyStream(createHash('sha256').update(name).digest());
  return (length) => new Uint8Array(stream.next(length));
}
