// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startCommand } from '@kiban/testkit';

/** A unit is at most 2,000 files: two units. */
const fileCount = 2_050;
let scratch: string;
let folder: string;
let undisturbed: ReadonlyMap<string, string>;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'kiban-kill-preparation-'));
  folder = join(scratch, 'in');
  mkdirSync(folder);
  for (let index = 0; index < fileCount; index += 1)
    writeFileSync(join(folder, `${index}.txt`), `記録${index}：溶銑温度は${index}で、異常なし。\n`);
  assert.equal(await prepare('calm'), 0);
  undisturbed = contentOf('calm');
  assert.equal(undisturbed.size, 5);
});
after(() => rmSync(scratch, { recursive: true, force: true }));

function args(store: string, workers = 0): string[] {
  return ['data', 'prepare', 'logs', '--folder', folder, '--store', join(scratch, store), '--workers', String(workers)];
}

async function prepare(store: string, options: Parameters<typeof startCommand>[1] = {}): Promise<number | null> {
  const [code] = await once(startCommand(args(store), options), 'exit');
  return code as number | null;
}

/** A store with the key of the undisturbed one: surrogates, and so the names of units, follow from it. */
function makeStore(store: string): void {
  mkdirSync(join(scratch, store));
  copyFileSync(join(scratch, 'calm', 'surrogate.key'), join(scratch, store, 'surrogate.key'));
}

/** Segments, their manifests and the report, in hexadecimal. */
function contentOf(store: string): ReadonlyMap<string, string> {
  const names = readdirSync(join(scratch, store)).filter((name) => /\.(json|zst)$/.test(name) && !name.startsWith('.'));
  return new Map(names.sort().map((name) => [name, readFileSync(join(scratch, store, name), 'hex')]));
}

for (const moment of ['before', 'after'] as const)
  test(`a preparation killed ${moment} one file after the other got its name (plan, segments, manifests, report) ends in the same store`, async (context) => {
    makeStore(moment);
    let starts = 0;
    for (; starts < 40; starts += 1)
      if ((await prepare(moment, { killAt: { write: 'file-rename', count: 1 + (starts >> 1), moment } })) === 0) break;
    context.diagnostic(`${starts} kills`);
    assert.ok(starts >= 5 && starts < 40, `killed ${starts} times`);
    assert.deepEqual(contentOf(moment), undisturbed);
    assert.deepEqual(readdirSync(join(scratch, moment, 'plans')), []);
  });

test('two processes prepare into one store; one is killed, the other ends the work without repeating what was sealed', async () => {
  makeStore('shared');
  const store = join(scratch, 'shared');
  const [killed, other] = [startCommand(args('shared', 1)), startCommand(args('shared', 1))];
  const sealed = () =>
    existsSync(store) ? readdirSync(store).filter((name) => /^[0-9a-f]{32}\.json$/.test(name)) : [];
  while (sealed().length === 0) await delay(5);
  killed.kill('SIGKILL');
  const times = new Map(sealed().map((name) => [name, statSync(join(store, name), { bigint: true }).mtimeNs]));
  const [code] = await once(other, 'exit');
  assert.equal(code, 0);
  assert.deepEqual(contentOf('shared'), undisturbed);
  for (const [name, time] of times) assert.equal(statSync(join(store, name), { bigint: true }).mtimeNs, time, name);
});
