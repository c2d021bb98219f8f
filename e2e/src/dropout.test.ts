// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TestCoalition } from '@kiban/testkit';

/** Five members: threshold and quorum are four, so one may stay away. */
describe('a member that stays away', () => {
  for (const list of ['keys', 'shares', 'confirms', 'survivors'] as const) {
    test(`lost for good after the list of ${list} of round 2: the round closes without it, or with it if its upload counted`, async () => {
      await using coalition = await TestCoalition.create(5);
      await coalition.beginProgramme({ rounds: 2, graceMs: 1_500 });
      await coalition.waitFor(list, async () =>
        (await coalition.events()).some(
          (one) => one.event === 'list-published' && one.data.instance === 'test-1.r2.update' && one.data.list === list,
        )
          ? true
          : undefined,
      );
      await coalition.nodes.get('member-e')!.kill();
      const round = await coalition.waitFor('round 2', async () => (await coalition.programme()).rounds[1]);
      assert.equal(round.outcome, 'accepted');
      assert.ok(round.members.length >= 4);
      for (const member of ['member-a', 'member-b', 'member-c', 'member-d'])
        assert.ok(round.members.some((one) => one === member));
      if (list === 'survivors') assert.equal(round.members.length, 5);
    });
  }
});

test('of three members none can be spared: the round waits, loses nothing, and goes on when the member is back', async () => {
  await using coalition = await TestCoalition.create(3);
  await coalition.beginProgramme({ rounds: 2, graceMs: 300 });
  await coalition.waitFor('round 2', async () =>
    (await coalition.events()).some((one) => one.event === 'round-opened' && one.data.round === 2) ? true : undefined,
  );
  const node = coalition.nodes.get('member-a')!;
  await node.kill();
  await coalition.waitFor('the wait', async () => (coalition.hub.log.includes('"members-awaited"') ? true : undefined));
  assert.equal((await coalition.programme()).rounds.length, 1);
  await node.start();
  const state = await coalition.waitForRelease();
  assert.deepEqual(
    state.rounds.map((round) => round.members.length),
    [3, 3],
  );
});
