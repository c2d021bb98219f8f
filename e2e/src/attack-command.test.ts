// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { byteNonUniformity, rankMovedTokens, tokenRecall } from '@kiban/evals';
import { kibanEntry, TestCoalition, testProgramme } from '@kiban/testkit';
import { openTokenShard, paddingToken } from '@kiban/training';
import { SpoolCopies } from './spool-copies.ts';

interface Reading {
  readonly recall: number;
  readonly chance: number;
  readonly rightOfFirstHundred: number;
  readonly byteNonUniformity: number;
}

/** Tokens in a member's own training data. */
function tokensUsed(folder: string): ReadonlySet<number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('training.bin'),
  );
  return new Set(
    names.flatMap((name) => {
      const shard = openTokenShard(join(folder, name));
      const row = new Int32Array(shard.index.sequenceLength + 1);
      const tokens = Array.from({ length: shard.index.count }, (_, sequence) => {
        shard.row(sequence, row);
        return [...row].filter((token) => token !== paddingToken);
      }).flat();
      shard.close();
      return tokens;
    }),
  );
}

/** The reading of `kiban attack`, of what the hub of this run really had in its spool: over HTTP, from other processes, under their own keys. */
function readSpool(coalition: TestCoalition, copies: SpoolCopies): void {
  const uploads = copies.uploads(`${testProgramme}.r1.update`);
  assert.deepEqual([...uploads.keys()].sort(), [...coalition.members]);
  for (const [member, bytes] of uploads) {
    const own = join(coalition.directory, member, 'programmes', testProgramme);
    const [release] = readdirSync(join(coalition.directory, member, 'models'));
    const { vocab_size: vocabularySize, hidden_size: hiddenSize } = JSON.parse(
      readFileSync(join(coalition.directory, member, 'models', release!, 'config.json'), 'utf8'),
    ) as { vocab_size: number; hidden_size: number };
    const levels = new Int8Array(readFileSync(join(own, 'rounds', '1.levels')));
    assert.equal(bytes.length, 2 * levels.length);
    const words = new Int16Array(Uint8Array.from(bytes).buffer);
    const used = tokensUsed(join(own, 'data'));
    const recallOf = (values: Int8Array | Int16Array) =>
      tokenRecall(rankMovedTokens({ values: values.subarray(0, vocabularySize * hiddenSize), hiddenSize }), used);
    const chance = used.size / vocabularySize;
    assert.ok(recallOf(levels) > chance + 0.2, `${member}, plain: ${recallOf(levels)}`);
    const deviation = Math.sqrt((chance * (1 - chance)) / used.size);
    assert.ok(Math.abs(recallOf(words) - chance) < 5 * deviation, `${member}, masked: ${recallOf(words)}`);
    assert.ok(Math.abs(byteNonUniformity(bytes)) < 6, member);
  }
}

test("kiban attack reads a member's words from its plain update and the union from the sum, but only chance from the masked words", async (context) => {
  await using coalition = await TestCoalition.create(3);
  const copies = new SpoolCopies(coalition.hub.directory, join(coalition.directory, 'copies'));
  await coalition.beginProgramme({ rounds: 1 });
  await coalition.waitForRelease();
  await coalition.waitFor('serving', async () => {
    const { models } = await coalition.nodes.get('member-a')!.call<{ models: unknown[] }>('GET', '/status');
    return models.length > 0 ? true : undefined;
  });
  copies.stop();
  await coalition.stopAll();
  readSpool(coalition, copies);
  // A node that took part in nothing is no member of the round.
  mkdirSync(join(coalition.directory, 'bystander'));
  writeFileSync(join(coalition.directory, 'bystander', 'node.yaml'), '');
  const attack = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', kibanEntry, 'attack', '-d', coalition.directory, ...args],
      { encoding: 'utf8', timeout: 30_000 },
    );
  const { status, stdout } = attack('--json');
  assert.equal(status, 0);
  const report = JSON.parse(stdout) as {
    usedTokens: number;
    messageCount: number;
    plain: Reading;
    masked: Reading;
    sum: Reading;
    membership: { attempts: number; whose: Record<'plain' | 'masked' | 'sum', number> };
  };
  const { plain, masked, sum, usedTokens, messageCount, membership } = report;
  assert.equal(messageCount, 18);
  context.diagnostic(JSON.stringify(membership));
  assert.ok(membership.whose.plain > 0.8);
  // One vector of noise leans to one side or the other by chance, no wider spread than evenly over 0 to 1: the mean of many does not.
  assert.ok(Math.abs(membership.whose.masked - 0.5) < 4 / Math.sqrt(12 * membership.attempts));
  assert.ok(plain.recall > plain.chance + 0.2, JSON.stringify(plain));
  assert.ok(sum.recall > sum.chance + 0.2, JSON.stringify(sum));
  assert.ok(plain.byteNonUniformity > 1_000 && sum.byteNonUniformity > 1_000);
  const deviation = Math.sqrt((masked.chance * (1 - masked.chance)) / usedTokens);
  assert.ok(Math.abs(masked.recall - masked.chance) < 5 * deviation, JSON.stringify(masked));
  assert.ok(Math.abs(masked.byteNonUniformity) < 6);
  assert.match(attack('--lang', 'ja').stdout, /マスク/);
  const missing = attack('--round', '9', '--lang', 'en');
  assert.equal(missing.status, 6);
  assert.match(missing.stderr, /round 9/);
});
