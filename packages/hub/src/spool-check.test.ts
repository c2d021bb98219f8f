// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { organisationIdSchema, sha256Hex } from '@kiban/core';
import { ShardSpool } from './shard-spool.ts';
import { SpoolCheck } from './spool-check.ts';

const member = organisationIdSchema.parse('org-a');
const bytesOf = (shard: number) => Buffer.alloc(3_000_000, shard + 1);

async function spoolOfFour(
  work: (spool: ShardSpool, check: SpoolCheck, damaged: number[], folder: string) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-check-'));
  const spool = new ShardSpool(folder);
  const damaged: number[] = [];
  const check = new SpoolCheck(spool, (_, { shard }) => damaged.push(shard));
  await spool.prepare();
  for (const shard of [0, 1, 2, 3]) await send(spool, check, shard);
  await work(spool, check, damaged, folder);
  rmSync(folder, { recursive: true });
}

async function send(spool: ShardSpool, check: SpoolCheck, shard: number): Promise<string> {
  const bytes = bytesOf(shard);
  const body = { byteLength: bytes.length, sha256: sha256Hex(bytes), stream: Readable.from([bytes]) };
  const stored = await spool.receive(member, shard, body, { onBytes: () => undefined, beforeNaming: () => undefined });
  await check.received(member, shard);
  return stored;
}

const pathOf = (spool: ShardSpool, shard: number) =>
  spool.pathOf(member, spool.held(member).find((one) => one.shard === shard)!);

test('a shard whose file was changed, cut or deleted is dropped, and welcome again; the others stay', async () => {
  await spoolOfFour(async (spool, check, damaged) => {
    assert.equal(await check.member(member), true);
    const changed = pathOf(spool, 0);
    const bytes = readFileSync(changed);
    bytes[1_500_000]! ^= 1;
    writeFileSync(changed, bytes);
    utimesSync(changed, 1, 1);
    truncateSync(pathOf(spool, 1), 17);
    rmSync(pathOf(spool, 3));
    assert.equal(await check.shard(member, 2), true, 'only this one is looked at');
    assert.equal(await check.member(member), false);
    assert.deepEqual(damaged, [0, 1, 3]);
    assert.deepEqual(
      spool.held(member).map(({ shard }) => shard),
      [2],
    );
    for (const shard of [0, 1, 3]) assert.equal(await send(spool, check, shard), 'stored');
    assert.equal(await check.member(member), true);
  });
});

test('a file that was only touched is hashed and stays; what is found at start is hashed before it counts', async () => {
  await spoolOfFour(async (spool, check, damaged, folder) => {
    utimesSync(pathOf(spool, 2), 5, 5);
    assert.equal(await check.member(member), true);
    assert.deepEqual(damaged, []);
    truncateSync(pathOf(spool, 2), 2_999_999);
    const next = new ShardSpool(folder);
    await next.prepare();
    assert.equal(next.held(member).length, 4);
    const found: number[] = [];
    assert.equal(await new SpoolCheck(next, (_, { shard }) => found.push(shard)).member(member), false);
    assert.deepEqual(found, [2]);
  });
});
