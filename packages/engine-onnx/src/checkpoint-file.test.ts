// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Sha256Digest } from '@kiban/core';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';

const layoutDigest = 'a'.repeat(64) as Sha256Digest;
const vectors = [Float32Array.of(1, -2, 3.5), Float32Array.of(4, 5)];
let directory: string;
let path: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kiban-checkpoint-'));
  path = join(directory, 'state.ckpt');
});
after(() => rm(directory, { recursive: true, force: true }));

const empty = () => vectors.map((vector) => new Float32Array(vector.length).fill(9));
const write = (nextStep: number | null = 12) =>
  writeCheckpoint(path, { layoutDigest, adamSteps: 7, nextStep }, vectors);
const refused = (pattern: RegExp) => (error: { code: string; message: string }) =>
  error.code === 'bad-checkpoint' && pattern.test(error.message);

test('what was written is read back, and no temporary file stays', async () => {
  for (const nextStep of [12, null]) {
    await write(nextStep);
    const target = empty();
    assert.deepEqual(await readCheckpoint(path, layoutDigest, target), { layoutDigest, adamSteps: 7, nextStep });
    assert.deepEqual(target, vectors);
  }
  assert.deepEqual(await readdir(directory), ['state.ckpt']);
});

test('a file changed in any byte is refused and leaves the vectors as they were', async () => {
  await write();
  const whole = await readFile(path);
  for (let position = 0; position < whole.length; position += 1) {
    const changed = Buffer.from(whole);
    changed[position]! ^= 1;
    await writeFile(path, changed);
    const target = empty();
    await assert.rejects(readCheckpoint(path, layoutDigest, target), refused(/./), `byte ${position}`);
    assert.deepEqual(target, empty());
  }
});

test('a file cut off anywhere is refused', async () => {
  await write();
  const { length } = await readFile(path);
  for (const size of [0, 1, 255, 256, length - 32, length - 1]) {
    await write();
    await truncate(path, size);
    await assert.rejects(readCheckpoint(path, layoutDigest, empty()), refused(/./), `${size} bytes`);
  }
});

test("another model's checkpoint and a missing file are refused by name", async () => {
  await write();
  await assert.rejects(readCheckpoint(path, 'b'.repeat(64) as Sha256Digest, empty()), refused(/another model/));
  await assert.rejects(readCheckpoint(join(directory, 'none'), layoutDigest, empty()), refused(/none cannot be read/));
});
