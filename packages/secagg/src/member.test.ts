// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { brokenBuild } from './broken-build.ts';
import * as product from './coalition-driver.ts';
import { keyFor } from './coalition-seeds.ts';
import type { MemberEvent } from './events.ts';
import { answerTo } from './forged-lists.ts';
import type { Slot } from './slot-witness.ts';

type Driver = typeof product;
const wordsDigest = 'a'.repeat(64);

async function training(): Promise<{ coalition: product.Coalition; send: (event: MemberEvent) => Promise<string> }> {
  const coalition = new product.Coalition({ memberCount: 3, wordCount: 40, holdsTraining: true });
  await coalition.run();
  const send = async (event: MemberEvent): Promise<string> => {
    const step = await coalition.stepMember(coalition.parties[0]!, event);
    return step.ok ? step.effects.map((effect) => effect.type).join() : step.refusal.code;
  };
  return { coalition, send };
}

test('an update is taken once: the same again has no effects, another is refused', async () => {
  const { send } = await training();
  const update = { type: 'update-ready', wordsDigest, scalars: { weight: 0.5 } } as const;
  assert.equal(await send({ type: 'shards-uploaded', shards: [] }), 'update-unexpected');
  assert.equal(await send(update), 'persist,upload');
  assert.equal(await send(update), '');
  assert.equal(await send({ ...update, scalars: { weight: 0.25 } }), 'update-differs');
  assert.equal(await send({ ...update, wordsDigest: 'b'.repeat(64) }), 'update-differs');
});

test('scalars that are missing, unknown, beyond their bound or not numbers are refused', async () => {
  const { coalition, send } = await training();
  const { bound, scale } = coalition.plan.scalars[0]!;
  for (const scalars of [
    {},
    { weight: 1, other: 1 },
    { weight: (bound + 1) / scale },
    { weight: Number.NaN },
    { weight: Infinity },
  ])
    assert.equal(await send({ type: 'update-ready', wordsDigest, scalars } as MemberEvent), 'scalar-out-of-bounds');
  assert.equal(
    await send({ type: 'update-ready', wordsDigest, scalars: { weight: -bound / scale } }),
    'persist,upload',
  );
});

test('a manifest leaves only for shards of the sizes of the plan', async () => {
  const { send } = await training();
  await send({ type: 'update-ready', wordsDigest, scalars: { weight: 0.5 } });
  const shard = { n: 0, length: 64, sha256: wordsDigest };
  for (const shards of [[], [shard], [shard, { ...shard, n: 1, length: 17 }], [shard, { ...shard, n: 2, length: 16 }]])
    assert.equal(await send({ type: 'shards-uploaded', shards }), 'shards-differ');
  assert.equal(
    await send({ type: 'shards-uploaded', shards: [shard, { ...shard, n: 1, length: 16 }] }),
    'persist,send',
  );
});

test('a plan of another hub, for other members or with another key of this member is not joined', async () => {
  const { coalition } = await training();
  const party = coalition.parties[0]!;
  const join = async (change: object): Promise<string> => {
    const identity = { organisation: party.organisation, signKey: party.key };
    const options = { planText: coalition.planText, hubPublicKey: coalition.hubKey.verifyKey, marks: [], identity };
    const step = await product.memberMachine.startMember({
      ...options,
      random: { bytes: (n) => new Uint8Array(n) },
      ...change,
    });
    return step.ok ? 'joined' : step.refusal.code;
  };
  assert.equal(await join({}), 'joined');
  assert.equal(await join({ hubPublicKey: keyFor('other').verifyKey }), 'plan-signature-wrong');
  assert.equal(await join({ identity: { organisation: 'zinnia', signKey: party.key } }), 'member-unlisted');
  assert.equal(
    await join({ identity: { organisation: party.organisation, signKey: keyFor('other') } }),
    'member-key-differs',
  );
  assert.equal(await join({ limits: { maxWordCount: 39 } }), 'plan-unsound');
  const empty = { firstEntry: () => undefined };
  assert.equal(await join({ slotWitness: empty }), 'witness-disagrees');
});

test('with a witness, a survivor set is signed only if it is the first entry of its slot', async () => {
  const answer = async ({ Coalition }: Driver, entry: 'true' | 'other'): Promise<string> => {
    let truth: string | undefined;
    const firstEntry = ({ kind }: Slot) => (kind === 'plan' ? coalition.planDigest : truth);
    const coalition: product.Coalition = new Coalition({
      memberCount: 3,
      heldList: 'survivors',
      slotWitness: { firstEntry },
    });
    await coalition.run();
    const party = coalition.parties[0]!;
    truth = entry === 'true' ? Buffer.from(coalition.hub!.frozen.survivors!.transcript).toString('hex') : wordsDigest;
    return answerTo(coalition, party, 'survivors', coalition.listFor(party)!);
  };
  assert.equal(await answer(product, 'true'), 'accepted');
  assert.equal(await answer(product, 'other'), 'witness-disagrees');
  const unwitnessed = await brokenBuild({
    file: 'member-opening.ts',
    find: 'slotWitness.firstEntry(slot) !== toHex(t4)',
    replace: 'false',
  });
  assert.equal(await answer(unwitnessed, 'other'), 'accepted');
});

test('a printed state shows no seed, share, key or pair secret', async () => {
  const { coalition } = await training();
  const printed =
    inspect(coalition.parties[0]!.state, { depth: 20 }) + JSON.stringify(coalition.parties[0]!.state?.journal);
  const secretText = /"(?:selfSeed|boxKey|x25519Seed|mlKemSeed|secret|self|box)":"([^"]{40,})"/g;
  const secrets = coalition.parties[0]!.written.flatMap((record) =>
    [...record.matchAll(secretText)].map((found) => found[1] as string),
  );
  assert.ok(secrets.length >= 10);
  assert.ok(secrets.every((secret) => !printed.includes(secret.slice(0, 20))));
  const opened = JSON.stringify(coalition.parties[0]!.state?.journal.open());
  assert.ok(secrets.every((secret) => opened.includes(secret)));
});
