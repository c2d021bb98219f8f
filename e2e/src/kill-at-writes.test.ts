// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ProgrammeState } from '@kiban/protocol';
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
        await coalition.beginProgramme({ rounds: 1, graceMs: 60_000 });
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
      });
    }
  });
}
