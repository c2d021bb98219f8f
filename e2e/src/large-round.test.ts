// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BenchCoalition } from '@kiban/bench/rounds';

const mebibyte = 2 ** 20;

test('two million values of four members, one killed half-way through its upload: the exact sum of the others, two bytes each, in bounded memory', async () => {
  await using coalition = await BenchCoalition.create({
    members: 4,
    parameters: 2_000_000,
    bits: 16,
    dropped: 1,
    shardBytes: mebibyte / 2,
    graceMs: 2_000,
  });
  const round = await coalition.round();
  assert.equal(round.firstWrong, undefined);
  assert.deepEqual(round.survivors, ['member-01', 'member-02', 'member-03']);
  // Two bytes are the words; the rest is what a small model pays for keys, shares and signatures.
  assert.ok(
    round.bodyBytesPerParameter >= 2 && round.socketBytesPerParameter < 2.05,
    `${round.socketBytesPerParameter}`,
  );
  const { hubBytes, memberBytes } = await coalition.peakMemory();
  assert.ok(hubBytes < 512 * mebibyte, `the hub held ${Math.round(hubBytes / mebibyte)} MiB`);
  assert.ok(memberBytes < 512 * mebibyte, `a member held ${Math.round(memberBytes / mebibyte)} MiB`);
  // The lost member is back and takes part in the next round with the same keys.
  const again = await coalition.round();
  assert.equal(again.firstWrong, undefined);
  assert.equal(again.survivors.length, 3);
});

test('words of eight bits, nobody lost: the exact sum at half the bytes', async () => {
  await using coalition = await BenchCoalition.create({
    members: 4,
    parameters: 2_000_000,
    bits: 8,
    dropped: 0,
    shardBytes: mebibyte / 2,
    graceMs: 10_000,
  });
  const round = await coalition.round();
  assert.equal(round.firstWrong, undefined);
  assert.equal(round.survivors.length, 4);
  assert.ok(round.socketBytesPerParameter < 1.03, `${round.socketBytesPerParameter}`);
});
