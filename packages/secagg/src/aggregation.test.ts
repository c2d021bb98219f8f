// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Coalition, type CoalitionOptions } from './coalition-driver.ts';
import type { MemberStage } from './effects.ts';

/** Opened, and equal to the plain integer sum over the survivors, words and scalars. */
function assertOpened(coalition: Coalition, survivorCount: number): void {
  const { outcome, plan } = coalition;
  assert.deepEqual(
    coalition.parties.flatMap((party) => party.refusals),
    [],
  );
  assert.equal(outcome.opened, true);
  assert.equal(outcome.survivors.length, survivorCount);
  assert.deepEqual(outcome.sum, coalition.plainSum(outcome.survivors));
  for (const { name, scale } of plan.scalars) {
    const values = coalition.parties.filter((party) => outcome.survivors.includes(party.organisation));
    const sum = values.reduce((total, party) => total + Math.round(coalition.scalarOf(party) * scale), 0);
    assert.deepEqual(outcome.scalars[name], { sum, value: sum / scale });
  }
}

test('the opened sum is the plain integer sum over everybody, whatever length, width, members and shard size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(3, 5),
      fc.constantFrom<8 | 16>(8, 16),
      fc.integer({ min: 1, max: 1501 }),
      fc.constantFrom(64, 192, 4096),
      fc.string({ maxLength: 5 }),
      async (memberCount, bits, wordCount, shardBytes, seed) => {
        const coalition = new Coalition({ memberCount, bits, wordCount, shardBytes, seed });
        await coalition.run();
        assertOpened(coalition, memberCount);
      },
    ),
    { numRuns: 6 },
  );
});

test('a plan without words adds up its scalars alone', async () => {
  const scalars = [
    { name: 'loss', bound: 1 << 24, scale: 65536 },
    { name: 'count', bound: 1000, scale: 1 },
  ];
  const coalition = new Coalition({ memberCount: 3, wordCount: 0, scalars });
  await coalition.run();
  assertOpened(coalition, 3);
});

test('after the result nobody keeps a journal, and every member has the mark of its end', async () => {
  const coalition = new Coalition({ memberCount: 3 });
  await coalition.run();
  for (const party of coalition.parties) {
    assert.equal(party.journal.length, 0);
    assert.deepEqual(
      party.marks.map((mark) => mark.kind),
      ['joined', 'signed', 'released', 'closed'],
    );
  }
  await coalition.stepHub({ type: 'close' });
  assert.equal(coalition.hubJournal.length, 0);
});

const stages: MemberStage[] = ['advertise', 'share', 'confirm', 'manifest', 'signature', 'opening'];

for (const memberCount of [3, 5]) {
  const mayBeLost = memberCount === 5 ? 1 : 0;
  for (const stage of stages) {
    test(`${memberCount} members, ${mayBeLost + 1} lost at ${stage}: nothing opens, and nothing is lost by waiting`, async () => {
      const coalition = new Coalition(lost(memberCount, stage, mayBeLost + 1));
      const outcome = await coalition.run();
      assert.equal(outcome.opened, false);
      assert.equal(outcome.abort, undefined);
      const tooLate = stages.indexOf(stage) >= stages.indexOf('signature');
      await coalition.stepHub({ type: 'abandon', code: 'operator-gave-up' });
      assert.equal(coalition.outcome.abort?.burnt, tooLate);
      await coalition.settle();
      for (const party of coalition.parties.filter((one) => one.alive))
        assert.equal(coalition.listFor(party), undefined);
    });
  }
  if (mayBeLost > 0) {
    for (const stage of stages) {
      test(`${memberCount} members, ${mayBeLost} lost at ${stage}: the survivors' sum opens`, async () => {
        const coalition = new Coalition(lost(memberCount, stage, mayBeLost));
        await coalition.run();
        const survives = stages.indexOf(stage) > stages.indexOf('manifest');
        assertOpened(coalition, survives ? memberCount : memberCount - mayBeLost);
      });
    }
  }
}

function lost(memberCount: number, stage: MemberStage, count: number): CoalitionOptions {
  // Not the first ones: signs of the pair masks differ on both sides of the lost.
  return { memberCount, wordCount: 77, lost: new Map(Array.from({ length: count }, (_, index) => [index + 1, stage])) };
}
