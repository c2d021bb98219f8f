// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dataCardDigest, type ProgrammeState, signedDataCardSchema, verifyDataCard } from '@kiban/protocol';
import { TestCoalition } from '@kiban/testkit';
import { killSchedules, killVictims } from './kill-cases.ts';

/**
 * A process is killed at one durable write after the other, hundreds of times in all: it is started again at once, gets a little further, and is
 * killed again, until the round is over. The round must end in the same weights as one that nobody disturbed.
 */
let prepared: TestCoalition;
let undisturbed: ProgrammeState;

before(async () => {
  prepared = await TestCoalition.create(3);
  await prepared.stopAll();
  await using calm = prepared.copy();
  await calm.startAll();
  await calm.beginProgramme({ rounds: 1 });
  undisturbed = await calm.waitForRelease();
});
after(() => prepared[Symbol.asyncDispose]());

for (const victim of killVictims) {
  describe(`kill -9 of ${victim}`, () => {
    for (const [name, killAt] of Object.entries(killSchedules)) {
      test(`${name}: the round ends in the same weights`, async (context) => {
        await using coalition = prepared.copy();
        await coalition.startAll();
        await coalition.beginProgramme({ rounds: 1, graceMs: 60_000, cardShares: { 'member-b': 'summary' } });
        const service = victim === 'hub' ? coalition.hub : coalition.nodes.get(victim)!;
        await coalition.waitFor('round 1', async () =>
          (await coalition.programme()).round === null ? undefined : true,
        );
        await service.kill();
        let ended = false;
        const released = coalition.waitForRelease(240_000).finally(() => {
          ended = true;
        });
        let starts = 0;
        for (; !ended; starts += 1) {
          await service.start({ killAt: killAt(starts) }).catch(() => undefined);
          await Promise.race([service.gone(), released.catch(() => undefined)]);
        }
        const state = await released;
        context.diagnostic(`${starts} starts`);
        assert.ok(starts > 4, `killed ${starts - 1} times only: the schedule misses its writes`);
        assert.equal(state.base?.digest, undisturbed.base?.digest);
        assert.deepEqual(state.rounds[0]?.members, undisturbed.rounds[0]?.members);
        // It may have another death before it.
        await service.kill();
        await service.start();
        await requireCard(coalition);
      });
    }
  });
}

/** Report and card of the data set are whole, of each other, and what the hub holds is of them. */
async function requireCard(coalition: TestCoalition): Promise<void> {
  const node = coalition.nodes.get('member-b')!;
  const full = signedDataCardSchema.parse(await node.call('GET', '/data-sets/documents/card'));
  assert.equal(verifyDataCard(full).keyId, full.signature.keyId);
  assert.equal(full.card.counts.packed?.documents, 24);
  const shared = await coalition.waitFor('the shared card', async () => (await coalition.programme()).dataCards[0]);
  assert.equal(verifyDataCard(shared).keyId, full.signature.keyId);
  assert.equal(shared.card.fullCardDigest, dataCardDigest(full.card));
}
