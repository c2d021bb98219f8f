// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kibanEntry, TestCoalition } from '@kiban/testkit';

interface Reading {
  readonly recall: number;
  readonly chance: number;
  readonly rightOfFirstHundred: number;
  readonly byteNonUniformity: number;
}

test("kiban attack reads a member's words from its plain update and the union from the sum, but only chance from the masked words", async () => {
  await using coalition = await TestCoalition.create(3);
  await coalition.beginProgramme({ rounds: 1 });
  await coalition.waitForRelease();
  await coalition.waitFor('serving', async () => {
    const { models } = await coalition.nodes.get('member-a')!.call<{ models: unknown[] }>('GET', '/status');
    return models.length > 0 ? true : undefined;
  });
  await coalition.stopAll();
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
  const report = JSON.parse(stdout) as { usedTokens: number; plain: Reading; masked: Reading; sum: Reading };
  const { plain, masked, sum, usedTokens } = report;
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
