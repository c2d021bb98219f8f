// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Sealed, type Sha256Digest, sha256Hex } from '@kiban/core';
import { type AggregationPlan, type MaskStream, maskWords, shardLayout } from '@kiban/secagg';
import { type MaskedShard, MaskingPool, shardsInFlight } from './masking-pool.ts';
import { type ShardUpload, uploadShards } from './shard-uploading.ts';

const plan = { bits: 16, wordCount: 1_000_003, levelLimit: 127, shardBytes: 327_680 } as AggregationPlan;
const shards = shardLayout(plan);
const levels = Int8Array.from({ length: plan.wordCount }, (_, index) => ((index * 37) % 255) - 127);
const streams = new Sealed<readonly MaskStream[]>([
  { key: new Uint8Array(32).fill(1), sign: 1 },
  { key: new Uint8Array(32).fill(2), sign: -1 },
]);
const whole = Buffer.from(maskWords({ plan, streams, levels, wordOffset: 0 }));
const masked = shards.map(({ n, length }) => whole.subarray(n * plan.shardBytes, n * plan.shardBytes + length));

const folder = mkdtempSync(join(tmpdir(), 'kiban-masking-'));
const levelsPath = join(folder, 'levels');
const pool = new MaskingPool({ workerCount: 1 });
before(() => writeFileSync(levelsPath, levels));
after(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

const uploadOf = (changes: Partial<ShardUpload>): ShardUpload => ({
  plan,
  streams,
  levelsPath,
  pool,
  held: [],
  put: async () => 'stored',
  onUploaded: () => undefined,
  ...changes,
});

test('a thread masks each shard to the bytes of the whole vector, with their digest', async () => {
  for (const shard of shards) {
    const done = await pool.mask({ plan, streams, levelsPath, shard });
    assert.ok(masked[shard.n]!.equals(done.bytes));
    assert.equal(done.sha256, sha256Hex(masked[shard.n]!));
    done.release();
  }
});

test('counts of four bytes are masked like levels of one', async () => {
  const counting = { bits: 32, wordCount: 100_003, levelLimit: 1 << 25, shardBytes: 131_072 } as AggregationPlan;
  const counts = Int32Array.from({ length: counting.wordCount }, (_, index) => (index * 7_919) % (1 << 25));
  counts[5] = -(1 << 25);
  const countsPath = join(folder, 'counts');
  writeFileSync(countsPath, counts);
  const expected = Buffer.from(maskWords({ plan: counting, streams, levels: counts, wordOffset: 0 }));
  for (const shard of shardLayout(counting)) {
    const done = await pool.mask({ plan: counting, streams, levelsPath: countsPath, shard });
    const start = shard.n * counting.shardBytes;
    assert.ok(expected.subarray(start, start + shard.length).equals(done.bytes));
    done.release();
  }
  const low = { ...counting, levelLimit: 1_000 };
  await assert.rejects(
    pool.mask({ plan: low, streams, levelsPath: countsPath, shard: shardLayout(low)[0]! }),
    RangeError,
  );
});

test('a slot is not written again before it is released', async () => {
  const taken: MaskedShard[] = [];
  for (const shard of shards.slice(0, pool.slotCount))
    taken.push(await pool.mask({ plan, streams, levelsPath, shard }));
  let further = false;
  const next = pool.mask({ plan, streams, levelsPath, shard: shards[pool.slotCount]! }).then((done) => {
    further = true;
    return done;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(further, false);
  for (const { n, bytes } of taken) assert.ok(masked[n]!.equals(bytes));
  taken[0]!.release();
  (await next).release();
  for (const one of taken.slice(1)) one.release();
});

test('a fault of one shard is told, and slots and thread go on', async () => {
  const short = join(folder, 'short');
  writeFileSync(short, levels.subarray(0, 10));
  const beyond = join(folder, 'beyond');
  writeFileSync(
    beyond,
    levels.map(() => -128),
  );
  const shard = shards[0]!;
  for (let round = 0; round < 4; round += 1) {
    await assert.rejects(pool.mask({ plan, streams, levelsPath: short, shard }), /cut off/);
    await assert.rejects(pool.mask({ plan, streams, levelsPath: join(folder, 'none'), shard }), /ENOENT/);
    await assert.rejects(pool.mask({ plan, streams, levelsPath: beyond, shard }), /limit of the plan/);
  }
  const done = await pool.mask({ plan, streams, levelsPath, shard });
  assert.ok(masked[0]!.equals(done.bytes));
  done.release();
});

test('shards are sent two at a time, once, and the digests come in order', async () => {
  let inFlight = 0;
  let most = 0;
  const sent: number[] = [];
  const heldShard = { shard: 2, sha256: sha256Hex(masked[2]!) };
  const otherBytes = { shard: 3, sha256: '0'.repeat(64) as Sha256Digest };
  const progress: number[] = [];
  const digests = await uploadShards(
    uploadOf({
      held: [heldShard, otherBytes],
      put: async ({ n, bytes }) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setTimeout(resolve, 10));
        assert.ok(masked[n]!.equals(bytes), 'the bytes stay while they are sent');
        sent.push(n);
        inFlight -= 1;
        return 'stored';
      },
      onUploaded: (done) => progress.push(done),
    }),
  );
  assert.equal(most, shardsInFlight);
  assert.deepEqual(
    sent.sort((a, b) => a - b),
    shards.map(({ n }) => n).filter((n) => n !== heldShard.shard),
  );
  assert.deepEqual(
    digests,
    shards.map(({ n, length }) => ({ n, length, sha256: sha256Hex(masked[n]!) })),
  );
  assert.deepEqual(
    progress,
    shards.map((_, index) => index + 1),
  );
});

test('an upload that the hub takes no more, or that fails, ends and gives every slot back', async () => {
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await uploadShards(uploadOf({ put: async ({ n }) => (n === 1 ? 'over' : 'stored') })), 'over');
    const failing = uploadShards(uploadOf({ put: () => Promise.reject(new Error('no line')) }));
    await assert.rejects(failing, /no line/);
  }
  assert.notEqual(await uploadShards(uploadOf({})), 'over');
});

test('a closed pool starts its thread again', async () => {
  await pool.close();
  const done = await pool.mask({ plan, streams, levelsPath, shard: shards[0]! });
  assert.ok(masked[0]!.equals(done.bytes));
  done.release();
});
