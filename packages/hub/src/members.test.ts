// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger, systemClock } from '@kiban/core';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { Members } from './members.ts';
import { type HubSchema, hubMigrations } from './schema.ts';

test('a nonce counts once per key: of many at the same time exactly one of each, and none of them later', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-members-'));
  const database = await openDatabase<HubSchema>(join(directory, 'hub.sqlite'), hubMigrations);
  const membersOf = () => new Members(database, systemClock, new EventLog(database, systemClock, silentLogger));
  const expires = Math.floor(Date.now() / 1000) + 300;
  const members = membersOf();
  const asked = ['a n1', 'a n1', 'b n1', 'a n2', 'b n1', 'a n1'].map((text) => text.split(' ') as [string, string]);
  const use = (one: Members) => Promise.all(asked.map(([key, nonce]) => one.useNonce(key, nonce, expires)));
  assert.deepEqual(await use(members), [true, false, true, true, false, false]);
  assert.deepEqual(
    await use(members),
    asked.map(() => false),
  );
  assert.deepEqual(
    await use(membersOf()),
    asked.map(() => false),
  );
  assert.equal(await members.useNonce('b', 'n2', expires), true);
  await database.destroy();
  assert.equal(await members.useNonce('b', 'n3', expires).catch(() => 'refused'), 'refused');
  rmSync(directory, { recursive: true });
});
