// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Sha256Digest, sha256Hex } from '@kiban/core';
import { clearIncoming, openFileBlobStore } from './blob-store.ts';

test('bytes are found again by their digest, and putting them twice changes nothing', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-blob-'));
  const store = openFileBlobStore(directory);
  const bytes = Buffer.from('基盤');
  const first = await store.put([bytes.subarray(0, 2), bytes.subarray(2)]);
  assert.deepEqual(first, { digest: sha256Hex(bytes), byteLength: 6 });
  assert.deepEqual(await store.put(bytes, first.digest), first);
  assert.deepEqual(readFileSync(store.filePath(first.digest)), bytes);
  assert.deepEqual(readdirSync(join(directory, 'incoming')), []);
  rmSync(directory, { recursive: true });
});

test('other bytes than the expected ones are refused and leave nothing', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-blob-'));
  const store = openFileBlobStore(directory);
  const expected = sha256Hex('expected');
  await assert.rejects(store.put(Buffer.from('other'), expected), { code: 'digest-mismatch' });
  assert.equal(store.has(expected), false);
  assert.equal(store.has(sha256Hex('other')), false);
  await assert.rejects(store.describe('0'.repeat(64) as Sha256Digest), { code: 'blob-not-found' });
  rmSync(directory, { recursive: true });
});

test('what an interrupted put left behind is cleared at start', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-blob-'));
  const store = openFileBlobStore(directory);
  await store.put(Buffer.from('x'));
  writeFileSync(join(directory, 'incoming', '.half.tmp'), 'half');
  assert.equal(await clearIncoming(directory), 1);
  rmSync(directory, { recursive: true });
});
