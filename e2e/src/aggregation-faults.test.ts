// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { AggregationCoalition, brokenSource, type SourceEdit, sourceEditVariable } from '@kiban/testkit';
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
const lanes = 4;
const idle = new Map<number, AggregationCoalition[]>();
const created: AggregationCoalition[] = [];
let rowsPlayed = 0;

after(() => Promise.all(created.map((coalition) => coalition[Symbol.asyncDispose]())));

async function coalitionOf(members: number): Promise<AggregationCoalition> {
  const free = idle.get(members)?.pop();
  if (free !== undefined) return free;
  const coalition = await AggregationCoalition.create(members);
  created.push(coalition);
  return coalition;
}

for (const [requirement, rows] of Object.entries(table))
  describe(requirement, { concurrency: lanes }, () => {
    for (const row of rows)
      test(`${row.name} (${row.provoked}): ${describeOutcome(row)}`, { timeout: 60_000 }, async () => {
        const coalition = await coalitionOf(row.members);
        rowsPlayed += 1;
        await playRow(coalition, row, `faults.r${rowsPlayed}.update`);
        // One in which a row failed is left alone.
        idle.set(row.members, [...(idle.get(row.members) ?? []), coalition]);
      });
  });

interface Control {
  readonly without: string;
  readonly row: string;
  /** What the row then ends in. */
  readonly fails: RegExp;
  readonly edit: SourceEdit;
}

/** Builds with one check taken out: a row that does not fail on them proves nothing. */
const controls: readonly Control[] = [
  {
    without: 'the digest of what arrives',
    row: 'a shard is corrupted on its way, twice',
    fails: /shard-damaged/,
    edit: {
      file: 'hub/src/shard-reception.ts',
      find: "if (hash.digest('hex') !== body.sha256)",
      replace: 'if (hash.digest().length === 0)',
    },
  },
  {
    without: 'the second look at the spool',
    row: "a shard on the hub's disk is damaged before its manifest: one bit differs",
    fails: /shard-damaged/,
    edit: {
      file: 'hub/src/spool-check.ts',
      find: 'if (await this.#isRight(member, shard)) continue;',
      replace: 'continue;',
    },
  },
  {
    without: 'the digests of what is summed',
    row: "a shard on the hub's disk is damaged after the survivors were fixed: one bit differs",
    fails: /'opened' !== 'burnt'|actual: 'opened'/,
    edit: {
      file: 'hub/src/survivor-words.ts',
      find: "this.#hash.digest('hex') !== this.#digests?.[this.#number]",
      replace: 'this.#hash.digest().length === 0',
    },
  },
];

describe('a hub without a check fails the rows that are about it', { concurrency: lanes }, () => {
  for (const { without, row, fails, edit } of controls)
    test(`without ${without}: ${row}`, { timeout: 60_000 }, async () => {
      const output = await playBroken(row, edit);
      assert.match(output, fails);
    });
});

/** Plays one row in a process of its own. @returns what it printed @throws AssertionError when the row passed */
async function playBroken(row: string, edit: SourceEdit): Promise<string> {
  const pattern = `^${row.replace(/[^a-z0-9 ]/gi, '.')} \\(`;
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      brokenSource,
      `--test-name-pattern=${pattern}`,
      import.meta.filename,
    ],
    { env: { ...environment, [sourceEditVariable]: JSON.stringify(edit) }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk;
  assert.match(output, /ℹ (fail|cancelled) 1\n|# (fail|cancelled) 1\n/, output);
  return output;
}

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
