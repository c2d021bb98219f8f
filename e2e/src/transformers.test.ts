// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLlamaProbe } from '@kiban/engine-llama';
import { TestCoalition } from '@kiban/testkit';

const python = spawnSync('python3', ['-c', 'import torch, transformers'], { encoding: 'utf8' });
const reason = python.status === 0 ? false : 'python3 with torch and transformers is not here';
if (reason !== false && process.env.KIBAN_REQUIRE_PYTHON !== undefined) throw new Error(reason);

test('transformers loads the release, gives the same ids, and its logits are those of llama.cpp', {
  skip: reason,
}, async () => {
  await using coalition = await TestCoalition.create(3);
  await coalition.beginProgramme({ rounds: 1 });
  await coalition.waitForRelease();
  const folder = join(coalition.directory, 'member-a', 'models', 'test-1');
  await coalition.waitFor('serving', async () => {
    const { models } = await coalition.nodes.get('member-a')!.call<{ models: unknown[] }>('GET', '/status');
    return models.length > 0 ? true : undefined;
  });
  const lines = ['溶銑温度は150で、異常なし。', 'tabs\tand  spaces, CRLF\r\n', '㈱①🦙𠮷 ｶﾅ', '1,480℃'];
  const script = fileURLToPath(new URL('load_release.py', import.meta.url));
  const run = spawnSync('python3', [script, folder], {
    input: JSON.stringify(lines),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(run.status, 0, run.stderr);
  const { ids, logits, chat } = JSON.parse(run.stdout) as { ids: number[][]; logits: number[][]; chat: number[] };
  await using probe = await openLlamaProbe(join(folder, 'model.gguf'));
  for (const [index, line] of lines.entries()) assert.deepEqual(ids[index], probe.tokenize(line));
  assert.deepEqual(chat, probe.tokenize('<|begin|><|user|>溶銑温度は？<|eot|><|assistant|>', true));
  // The GGUF holds float16 matrices: the tolerance is that of the format.
  const others = await probe.logitsFor(ids[0]!);
  let worst = 0;
  for (const [position, row] of logits.entries())
    for (const [token, value] of row.entries()) worst = Math.max(worst, Math.abs(value - others[position]![token]!));
  assert.ok(worst < 2e-2, `largest difference ${worst}`);
});
