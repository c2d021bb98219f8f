// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestCoalition } from '@kiban/testkit';

test('a sum that cannot be written is tried again until there is room; nobody has to start anything anew', async () => {
  await using coalition = await TestCoalition.create(3);
  await coalition.beginProgramme({ rounds: 1, graceMs: 60_000 });
  await coalition.waitFor('the masks', async () =>
    (await coalition.events()).some(
      (one) => one.event === 'list-published' && one.data.list === 'shares' && one.data.instance === 'test-1.r1.update',
    )
      ? true
      : undefined,
  );
  // What stands where the sum is written first makes every write fail, as a full disk does.
  const obstacle = join(coalition.hub.directory, 'aggregation', 'spool', 'test-1.r1.update', '1', 'sum.tmp');
  mkdirSync(obstacle);
  await coalition.waitFor('the failure', async () => (coalition.hub.log.includes('"sum-failed"') ? true : undefined));
  assert.equal((await coalition.programme()).rounds.length, 0);
  rmSync(obstacle, { recursive: true });
  const state = await coalition.waitForRelease();
  assert.deepEqual(
    state.rounds.map(({ outcome, members }) => [outcome, members.length]),
    [['accepted', 3]],
  );
});
