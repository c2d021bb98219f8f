// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ProgrammeState } from '@kiban/protocol';
import { TestCoalition } from '@kiban/testkit';
import { killMoments, killVictims } from './kill-cases.ts';

/**
 * One coalition is prepared and stopped; each row of the table runs a copy of it with the same keys, kills one process with SIGKILL at a named
 * moment, starts it again, and must end in the same weights as the undisturbed run.
 */
let prepared: TestCoalition;
let undisturbed: ProgrammeState;

before(async () => {
  prepared = await TestCoalition.create(3);
  await prepared.stopAll();
  await using calm = prepared.copy();
  await calm.startAll();
  await calm.beginProgramme();
  undisturbed = await calm.waitForRelease();
});
after(() => prepared[Symbol.asyncDispose]());

for (const victim of killVictims) {
  describe(`kill -9 of ${victim}`, () => {
    for (const moment of killMoments) {
      test(`${moment.name}: the run goes on and ends in the same weights`, async () => {
        await using coalition = prepared.copy();
        await coalition.startAll();
        await coalition.beginProgramme();
        await coalition.waitFor(moment.name, async () => (moment.reached(await coalition.events()) ? true : undefined));
        const service = victim === 'hub' ? coalition.hub : coalition.nodes.get(victim)!;
        await service.kill();
        await service.start();
        const state = await coalition.waitForRelease();
        assert.equal(state.base?.digest, undisturbed.base?.digest);
        assert.deepEqual(
          state.rounds.map((round) => [round.round, round.outcome, round.members]),
          undisturbed.rounds.map((round) => [round.round, round.outcome, round.members]),
        );
      });
    }
  });
}

test('kill -9 of a trainer in the middle of a round: the node starts another and ends in the same weights', async () => {
  await using coalition = prepared.copy();
  await coalition.startAll();
  await coalition.beginProgramme();
  const node = coalition.nodes.get('member-c')!;
  const pid = await coalition
    .waitFor('training', async () => {
      const { activity } = await node.call<{ activity: { kind: string; round?: number } }>('GET', '/status');
      if (activity.kind !== 'training-round' || activity.round !== 2) return undefined;
      const started = node.log
        .split('\n')
        .flatMap((line) =>
          line.includes('"trainer-started"') ? [JSON.parse(line) as { pid: number; level: number }] : [],
        );
      return started.at(-1)?.pid;
    })
    .catch(() => undefined);
  // Four steps are over in a moment; when they were missed the last trainer is killed between rounds instead.
  const last =
    pid ??
    Number(
      /"pid":(\d+),"event":"trainer-started"/.exec(
        node.log.split('\n').findLast((line) => line.includes('trainer-started')) ?? '',
      )?.[1],
    );
  process.kill(last, 'SIGKILL');
  const state = await coalition.waitForRelease();
  assert.equal(state.base?.digest, undisturbed.base?.digest);
});
