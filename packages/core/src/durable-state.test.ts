// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockDirectory } from './directory-lock.ts';
import { asDiskProblem, writeFileDurably } from './durable-file.ts';
import { isKibanError } from './kiban-error.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-core-'));
after(() => rmSync(directory, { recursive: true }));

test('a write that fails half-way leaves the old content and no temporary file', async () => {
  const path = join(directory, 'state.json');
  await writeFileDurably(path, 'old');
  const broken = (function* () {
    yield Buffer.from('new, but');
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  })();
  await assert.rejects(
    writeFileDurably(path, broken),
    (error) => isKibanError(error) && error.code === 'disk-full' && error.status === 507,
  );
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.deepEqual(readdirSync(directory), ['state.json']);
});

test('a full disk is told as such, other faults stay what they are', () => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const problem = asDiskProblem(Object.assign(new Error(), { code }), '/data/x');
    assert.ok(isKibanError(problem) && problem.retryable);
    assert.match(problem.detail.en, /\/data\/x/);
  }
  const other = new Error('other');
  assert.equal(asDiskProblem(other, '/data/x'), other);
});

test('a directory is held by one process at a time, and the death of its holder frees it', () => {
  const place = join(directory, 'locked');
  const lock = lockDirectory(place);
  assert.throws(() => lockDirectory(place), { code: 'directory-locked' });
  lock.release();
  const source = new URL('directory-lock.ts', import.meta.url).href;
  const holder = `import { lockDirectory } from '${source}'; lockDirectory('${place}'); process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    holder,
  ]);
  assert.equal(signal, 'SIGKILL');
  lockDirectory(place).release();
});
