// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenBuild } from './broken-build.ts';
import * as product from './coalition-driver.ts';
import { keyFor } from './coalition-seeds.ts';
import type { MemberStage } from './effects.ts';
import type { HubEvent } from './events.ts';
import { resigned } from './forged-lists.ts';
import { currentStage, missingMembers, openingStreams, publishedList, startHub } from './index.ts';

type Driver = typeof product;
const { Coalition } = product;

async function codeOf(coalition: product.Coalition, event: HubEvent): Promise<string> {
  const step = await coalition.stepHub(event);
  return step.ok ? step.effects.map((effect) => effect.type).join() : `${step.refusal.status} ${step.refusal.code}`;
}

test('a hub opens only plans that it signed itself and that are sound', async () => {
  const { planText, plan, hubKey } = new Coalition({ memberCount: 3 });
  const foreign = await startHub({ planText, signKey: keyFor('another') });
  assert.equal(foreign.ok || foreign.refusal.code, 'plan-signature-wrong');
  const unsound = await startHub({ planText: resigned(planText, 'plan', hubKey, { threshold: 2 }), signKey: hubKey });
  assert.equal(unsound.ok || unsound.refusal.code, 'plan-unsound');
  assert.equal(plan.threshold, 3);
});

test('the hub says whom it waits for, freezes only above the quorum, and takes late and early messages for what they are', async () => {
  const coalition = new Coalition({
    memberCount: 5,
    lost: new Map([
      [4, 'advertise'],
      [3, 'advertise'],
    ]),
  });
  await coalition.run();
  assert.equal(currentStage(coalition.hub!), 'advertise');
  assert.deepEqual(missingMembers(coalition.hub!), ['drift', 'elm']);
  assert.equal(publishedList(coalition.hub!, 'keys', coalition.parties[0]!.organisation), undefined);
  assert.equal(await codeOf(coalition, { type: 'freeze', stage: 'advertise' }), '409 quorum-missing');
  assert.equal(await codeOf(coalition, { type: 'sum-written', sumDigest: 'a'.repeat(64) }), '409 sum-unexpected');
  assert.throws(() => openingStreams(coalition.hub!));

  const done = new Coalition({ memberCount: 5, lost: new Map([[4, 'confirm']]) });
  await done.run();
  const late = { type: 'message-received', from: done.parties[4]!.organisation, text: '{}' } as const;
  assert.equal(await codeOf(done, { ...late, stage: 'confirm' }), '410 message-late');
  assert.equal(await codeOf(done, { ...late, stage: 'complaint' }), '410 message-late');
  assert.equal(await codeOf(done, { type: 'abandon', code: 'operator-gave-up' }), '410 attempt-over');
  assert.equal(await codeOf(coalition, { ...late, stage: 'share' }), '409 message-early');
  const stranger = { type: 'message-received', from: 'zinnia' as never, stage: 'advertise', text: '{}' } as const;
  assert.equal(await codeOf(done, stranger), '422 member-unlisted');
  assert.equal(publishedList(done.hub!, 'keys', 'zinnia' as never), undefined);
});

test('a manifest counts only with exactly the shards that are durable', async () => {
  const answers = async ({ Coalition }: Driver): Promise<string[]> => {
    const coalition = new Coalition({
      memberCount: 3,
      wordCount: 100,
      lost: new Map([[1, 'manifest']]),
      shardBytes: 64,
    });
    await coalition.run();
    const party = coalition.parties[1]!;
    const held = coalition.heldShards(party);
    const changed = held.map((shard, place) => (place === 1 ? { ...shard, sha256: 'a'.repeat(64) } : shard));
    const event = { type: 'message-received', from: party.organisation, stage: 'manifest' } as const;
    const text = party.state!.sent.manifest!;
    const results: string[] = [];
    for (const durableShards of [changed, held.slice(1), held])
      results.push(await codeOf(coalition, { ...event, text, durableShards }));
    return results;
  };
  assert.deepEqual(await answers(product), ['422 shards-differ', '422 shards-differ', 'persist,publish']);
  const blind = {
    file: 'hub-messages.ts',
    find: '!sameShards(body.shards, event.durableShards ?? [])',
    replace: 'false',
  };
  assert.deepEqual(await answers(await brokenBuild(blind)), ['persist,publish', '', '']);
});

test('a message signed by another member, or for another stage, is refused and changes nothing', async () => {
  const coalition = new Coalition({ memberCount: 3, lost: new Map([[1, 'advertise']]) });
  await coalition.run();
  const [alder, birch] = coalition.parties as [product.Party, product.Party];
  const { hub } = coalition;
  const spoken = alder.state!.sent.advertise!;
  const send = (stage: MemberStage, text: string) =>
    codeOf(coalition, { type: 'message-received', from: birch.organisation, stage, text });
  assert.equal(await send('advertise', spoken), '422 message-signature-wrong');
  assert.equal(await send('advertise', resigned(spoken, 'advertise', birch.key)), '422 message-misdirected');
  assert.equal(
    await send('advertise', resigned(birch.state!.sent.advertise!, 'share', birch.key)),
    '422 message-signature-wrong',
  );
  const { x25519 } = JSON.parse((JSON.parse(spoken) as { body: string }).body) as { x25519: string };
  const copied = resigned(birch.state!.sent.advertise!, 'advertise', birch.key, { x25519 });
  assert.equal(await send('advertise', copied), '422 key-repeated');
  const lowOrder = Buffer.alloc(32).toString('base64');
  const weak = resigned(birch.state!.sent.advertise!, 'advertise', birch.key, { x25519: lowOrder });
  assert.equal(await send('advertise', weak), '422 key-unusable');
  assert.equal(coalition.hub, hub);
  assert.equal(await send('advertise', birch.state!.sent.advertise!), 'persist,publish');
});

test('the sum is written once: the same digest again is fine, another is refused', async () => {
  const coalition = new Coalition({ memberCount: 3 });
  await coalition.run();
  const sumDigest = coalition.hub!.sumDigest!;
  assert.equal(await codeOf(coalition, { type: 'sum-written', sumDigest }), '');
  assert.equal(await codeOf(coalition, { type: 'sum-written', sumDigest: 'a'.repeat(64) }), '409 message-differs');
  assert.equal(await codeOf(coalition, { type: 'close' }), 'persist,erase');
  assert.equal(await codeOf(coalition, { type: 'close' }), '');
});
