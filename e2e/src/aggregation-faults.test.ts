// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { AggregationCoalition } from '@kiban/testkit';
import { dropoutMoments, dropoutRows } from './fault-rows-dropout.ts';
import { diskFullRows, paceRows } from './fault-rows-room-and-pace.ts';
import { shardRows } from './fault-rows-shards.ts';
import { describeOutcome, type FaultRow, playRow } from './fault-scene.ts';
import { attemptLists, killMoments, killSchedules, killVictims } from './kill-cases.ts';

/**
 * The table of faults of secure aggregation. Each row runs on the product's hub and members over HTTP, with one thing that goes wrong, and must end
 * in the exact integer sum of the survivors or in a clean retry with fresh keys; see `playRow` for what is asserted of every row. Rows of the
 * first table need no process to die; those of the second are played by `kill-anywhere.test.ts` and `kill-at-writes.test.ts` from the same lists.
 */
const table: Readonly<Record<string, readonly FaultRow[]>> = {
  'a dropout of any member at any stage': dropoutRows,
  'shards corrupted, truncated, repeated, reordered': shardRows,
  'disk full': diskFullRows,
  'slow and stalled uploads, judged by progress': paceRows,
};

/** Coalitions are used again by one row after the other; several rows run at the same time, mostly waiting for a grace to pass. */
const lanes = 3;
const idle = new Map<number, AggregationCoalition[]>();
let rowsPlayed = 0;

after(async () => {
  for (const coalitions of idle.values()) for (const coalition of coalitions) await coalition[Symbol.asyncDispose]();
});

for (const [requirement, rows] of Object.entries(table))
  describe(requirement, { concurrency: lanes }, () => {
    for (const row of rows)
      test(`${row.name} (${row.provoked}): ${describeOutcome(row)}`, { timeout: 60_000 }, async () => {
        const coalition = idle.get(row.members)?.pop() ?? (await AggregationCoalition.create(row.members));
        rowsPlayed += 1;
        await playRow(coalition, row, `faults.r${rowsPlayed}.update`);
        // One in which a row failed is left alone.
        idle.set(row.members, [...(idle.get(row.members) ?? []), coalition]);
      });
  });

describe('the tables name every case', () => {
  test('each of four members is lost at every moment, and no two rows are the same', () => {
    for (const moment of dropoutMoments)
      for (const number of [0, 1, 2, 3])
        assert.ok(
          dropoutRows.some(({ name }) => name === `member ${number} of 4 is lost before ${moment}`),
          `${number}, ${moment}`,
        );
    const names = Object.values(table).flatMap((rows) => rows.map(({ name }) => name));
    assert.equal(new Set(names).size, names.length);
  });

  test('hub and node are killed at every state transition, and around every kind of durable write', () => {
    assert.deepEqual(
      [...killVictims].map((victim) => victim.replace(/-.*/, '')),
      ['hub', 'member'],
    );
    for (const list of attemptLists)
      for (const fragment of ['update', 'gate'])
        assert.ok(killMoments.some(({ name }) => name === `after the list of ${list} of round 2's ${fragment}`));
    const schedules = Object.values(killSchedules).flatMap((killAt) => [0, 1].map(killAt));
    for (const write of ['journal-record', 'file-rename', 'database-change'])
      for (const moment of ['before', 'after'])
        assert.ok(
          schedules.some((at) => at.write === write && at.moment === moment),
          `${moment} a ${write}`,
        );
    assert.ok(schedules.some((at) => at.moment === 'torn'));
  });
});
