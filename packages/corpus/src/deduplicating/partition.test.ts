// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentFingerprint } from './document-fingerprint.ts';
import { recordBytes, recordOffsets } from './partition-format.ts';
import { FingerprintReader } from './partition-reader.ts';
import { openFingerprintWriter } from './partition-writer.ts';

const entry = (index: number) => ({
  id: index.toString(16).padStart(32, '0'),
  fingerprint: documentFingerprint(
    `第${index}号報告。羽口からの微粉炭吹込み量を下げ、溶銑温度の回復を確認した。\n以上のとおり。`,
  ),
  tier: index % 3,
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-partition-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function write(folder: string, from: number, to: number, commit = true): Promise<void> {
  const writer = await openFingerprintWriter(folder, 'logs');
  assert.equal(writer.documents, from);
  for (let index = from; index < to; index += 1) await writer.append(entry(index));
  if (commit) await writer.commit();
  await writer.close();
}

function ids(folder: string): number[] {
  const reader = new FingerprintReader([folder]);
  const record = Buffer.alloc(recordBytes);
  const found = Array.from({ length: reader.documents }, (_, ordinal) => {
    reader.readRecord(ordinal, record);
    const index = Number.parseInt(record.toString('hex', 0, 16), 16);
    const { fingerprint, tier } = entry(index);
    assert.equal(record.toString('hex', recordOffsets.digest, recordOffsets.length), fingerprint.digest);
    assert.equal(record.readUInt32LE(recordOffsets.length), fingerprint.length);
    assert.equal(record[recordOffsets.tier], tier);
    const signature = Uint32Array.from({ length: 112 }, (__, slot) =>
      record.readUInt32LE(recordOffsets.signature + 4 * slot),
    );
    assert.deepEqual(signature, fingerprint.signature);
    return index;
  });
  reader.close();
  return found;
}

const numbers = (to: number) => Array.from({ length: to }, (_, index) => index);

test('documents come back as they were appended, over several commits, for the owner of the files alone', () =>
  inFolder(async (folder) => {
    await write(folder, 0, 5);
    await write(folder, 5, 8);
    assert.deepEqual(ids(folder), numbers(8));
    for (const name of ['records.bin', 'paragraphs.bin', 'commits.bin', 'partition.json'])
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    const reader = new FingerprintReader([folder]);
    await reader.verify();
    reader.close();
  }));

test('what was not committed is gone, and the writer goes on behind the last commit', () =>
  inFolder(async (folder) => {
    await write(folder, 0, 5);
    await write(folder, 5, 9, false);
    assert.deepEqual(ids(folder), numbers(5));
    await write(folder, 5, 7);
    assert.deepEqual(ids(folder), numbers(7));
  }));

test('a tail torn anywhere is dropped: bytes behind the records, half a commit, a commit of garbage', () =>
  inFolder(async (folder) => {
    await write(folder, 0, 5);
    appendFileSync(join(folder, 'records.bin'), Buffer.alloc(1_000, 7));
    appendFileSync(join(folder, 'paragraphs.bin'), Buffer.alloc(3, 7));
    appendFileSync(join(folder, 'commits.bin'), Buffer.alloc(30, 7));
    assert.deepEqual(ids(folder), numbers(5));
    await write(folder, 5, 6);
    appendFileSync(join(folder, 'commits.bin'), Buffer.alloc(64, 1));
    await write(folder, 6, 8);
    assert.deepEqual(ids(folder), numbers(8));
    const reader = new FingerprintReader([folder]);
    await reader.verify();
    reader.close();
  }));

test('committed bytes that are missing or changed are damage, not a tail', () =>
  inFolder(async (folder) => {
    await write(folder, 0, 5);
    const path = join(folder, 'records.bin');
    const content = readFileSync(path);
    content[700]! ^= 1;
    writeFileSync(path, content);
    const reader = new FingerprintReader([folder]);
    await assert.rejects(reader.verify(), { code: 'fingerprints-damaged' });
    reader.close();
    truncateSync(path, 5 * recordBytes - 1);
    assert.throws(() => new FingerprintReader([folder]), { code: 'fingerprints-damaged' });
    await assert.rejects(openFingerprintWriter(folder, 'logs'), { code: 'fingerprints-damaged' });
  }));

test('fingerprints of another source or another Unicode version are refused', () =>
  inFolder(async (folder) => {
    await write(folder, 0, 2);
    await assert.rejects(openFingerprintWriter(folder, 'other'), { code: 'fingerprints-damaged' });
    const path = join(folder, 'partition.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"unicode":"[^"]*"/, '"unicode":"1.0"'));
    assert.throws(() => new FingerprintReader([folder]), { code: 'fingerprints-outdated' });
  }));
