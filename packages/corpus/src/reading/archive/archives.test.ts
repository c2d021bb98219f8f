// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { describeOutcome } from '../describe-outcome.ts';
import type { FileOutcome } from '../file-outcome.ts';
import { makeZip } from '../samples/make-zip.ts';
import { readSamples } from '../samples/read-sample.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function reasons(outcomes: readonly FileOutcome[]): (readonly [string, string | null])[] {
  return outcomes.map(({ path, reason }) => [path, reason]);
}

test('a compressed file is read as the file it holds, all its members together', async () => {
  const gz = Buffer.concat([gzipSync(hex('8D7C 94C2 0A')), gzipSync('abc\n')]);
  const { texts, files } = await readSamples({ 'a.txt.gz': gz, 'b.csv.gz': gzipSync('日時,値\n1/2,3\n') });
  assert.deepEqual(texts, ['鋼板\nabc', '日時: 1/2\n値: 3']);
  assert.deepEqual(
    files.map(({ format, encoding, status, bytes }) => [format, encoding, status, bytes > 0]),
    [
      ['text', 'cp932', 'kept', true],
      ['csv', 'utf-8', 'kept', true],
    ],
  );
});

test('a compressed file that breaks off is kept up to its last whole line, and named', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `${index},${(index * 7919) % 10007}\n`);
  const whole = gzipSync(`番号,値\n${lines.join('')}`);
  const { records, texts, files } = await readSamples({ 'a.csv.gz': whole.subarray(0, whole.length / 2) });
  assert.ok(records.length > 1_000 && records.length < 20_000);
  const last = records.length - 1;
  assert.equal(texts[last], `番号: ${last}\n値: ${(last * 7919) % 10007}`);
  assert.equal(files[0]?.status, 'partly-kept');
  assert.deepEqual(files[0]?.faults, [{ reason: 'cut-short', offset: 0, line: 0, refusal: 'archive-malformed' }]);
  assert.match(describeOutcome(files[0]!).ja, /途中で打ち切り: 圧縮ファイルが壊れています/);
});

test('each file of an archive ends with its own outcome, and the archive with their sum', async () => {
  const zip = makeZip([
    { name: 'b/c.csv', data: '日時,値\n1/2,3\n1/3,4\n' },
    { name: 'bad.jsonl', data: '{"text":"一"}\n{broken\n' },
    { name: 'empty.txt', data: '' },
    { name: 'folder/', data: '' },
    { name: 'x.exe', data: 'MZ' },
    { name: '__MACOSX/._c.csv', data: 'x' },
  ]);
  const { records, files, entries } = await readSamples({ 'a.zip': zip });
  assert.deepEqual(reasons(entries), [
    ['a.zip!b/c.csv', null],
    ['a.zip!bad.jsonl', null],
    ['a.zip!empty.txt', 'empty-file'],
    ['a.zip!x.exe', 'unsupported-format'],
    ['a.zip!__MACOSX/._c.csv', 'passed-over-name'],
  ]);
  const [archive] = files;
  assert.deepEqual(archive?.entries, { total: 5, kept: 1, partlyKept: 1, refused: 3 });
  assert.equal(archive?.records, 3);
  assert.equal(
    archive?.characters,
    entries.reduce((sum, { characters }) => sum + characters, 0),
  );
  assert.deepEqual(archive?.faultsByReason, { 'json-malformed': 1, 'entry-refused': 2 });
  const malformed = archive?.faults.find(({ reason }) => reason === 'json-malformed');
  assert.deepEqual(malformed, {
    reason: 'json-malformed',
    offset: Buffer.byteLength('{"text":"一"}\n'),
    line: 2,
    within: 'bad.jsonl',
  });
  const refused = archive?.faults.find(({ within }) => within === 'empty.txt');
  assert.equal(zip.toString('latin1', refused!.offset, refused!.offset + 4), 'PK\x03\x04');
  assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
  assert.equal(records[0]?.path, 'a.zip!b/c.csv');
});

test('names of entries are read in UTF-8 and in the CP932 of Japanese Windows, and others are spelt out', async () => {
  const { entries } = await readSamples({
    'a.zip': makeZip([
      { name: hex('93FA 95F1 5C 955C 2E 747874'), data: '一' },
      { name: Buffer.from('日報.txt'), data: '二' },
      { name: '表\u001b[2J.txt', data: '三' },
      { name: hex('FFFF 2E 747874'), data: '四' },
    ]),
  });
  assert.deepEqual(
    entries.map(({ path, status }) => [path, status]),
    [
      ['a.zip!日報/表.txt', 'kept'],
      ['a.zip!日報.txt', 'kept'],
      ['a.zip!表%1b[2J.txt', 'kept'],
      ['a.zip!%ff%ff.txt', 'kept'],
    ],
  );
});

test('what an archive should not hold is refused, each for its reason', async () => {
  const { entries } = await readSamples({
    'a.zip': makeZip([
      { name: '../up.txt', data: 'x' },
      { name: '/etc/passwd.txt', data: 'x' },
      { name: 'C:\\secret.txt', data: 'x' },
      { name: 'link.txt', data: '/etc/passwd', mode: 0o120_777 },
      { name: 'locked.txt', data: 'x', flags: 0x801 },
      { name: 'other.txt', data: 'x', method: 93 },
      { name: 'sum.txt', data: '本文', statedSum: 1 },
      { name: 'twice.txt', data: '一' },
      { name: 'twice.txt', data: '二' },
    ]),
  });
  assert.deepEqual(
    entries.map(({ reason }) => reason),
    [
      'entry-path-leaves-archive',
      'entry-path-leaves-archive',
      'entry-path-leaves-archive',
      'not-a-regular-file',
      'encrypted',
      'unsupported-compression',
      'checksum-wrong',
      null,
      'entry-name-repeated',
    ],
  );
});

test('archives inside archives are read to the limit and named by their whole path', async () => {
  let zip = makeZip([{ name: 'c.txt', data: '奥' }]);
  for (let level = 0; level < 3; level += 1) zip = makeZip([{ name: 'b.zip', data: zip }]);
  const limits = { maxArchiveDepth: 4 };
  const inside = await readSamples({ 'a.zip': zip }, { limits });
  assert.deepEqual(inside.texts, ['奥']);
  assert.equal(inside.records[0]?.path, 'a.zip!b.zip!b.zip!b.zip!c.txt');
  assert.equal(inside.files[0]?.entries?.total, 4);
  const beyond = await readSamples({ 'a.zip': zip }, { limits: { maxArchiveDepth: 2 } });
  assert.deepEqual(reasons(beyond.entries)[0], ['a.zip!b.zip!b.zip!b.zip', 'nested-too-deep']);
  assert.equal(beyond.files[0]?.reason, 'no-entry-kept');
});

test('a bomb is refused before it is unpacked, and one that lies about its size where it breaks its word', async () => {
  const zeros = Buffer.alloc(8 << 20);
  const limits = { freeExpandedBytes: 1 << 20, maxExpansionRatio: 100 };
  const stated = await readSamples({ 'a.zip': makeZip([{ name: 'a.txt', data: zeros }]) }, { limits });
  assert.deepEqual(reasons(stated.entries), [['a.zip!a.txt', 'expands-too-much']]);
  const liar = makeZip([{ name: 'a.txt', data: zeros, statedBytes: 1_000 }]);
  const caught = await readSamples({ 'a.zip': liar }, { limits });
  assert.equal(caught.entries[0]?.status, 'refused');
  const gz = await readSamples({ 'a.txt.gz': gzipSync(Buffer.alloc(8 << 20, 'a\n')) }, { limits });
  assert.deepEqual([gz.files[0]?.status, gz.files[0]?.faults[0]?.refusal], ['partly-kept', 'expands-too-much']);
  const many = makeZip(Array.from({ length: 20 }, (_, index) => ({ name: `${index}.txt`, data: 'x' })));
  const counted = await readSamples({ 'a.zip': many }, { limits: { maxArchiveEntries: 10 } });
  assert.equal(counted.entries.length, 10);
  assert.equal(counted.files[0]?.faults.at(-1)?.refusal, 'too-many-entries');
});

test('many small entries that together unpack to too much are stopped', async () => {
  const part = Buffer.alloc(300_000, '鋼板の表面\n');
  const zip = makeZip(Array.from({ length: 8 }, (_, index) => ({ name: `${index}.txt`, data: part })));
  const { entries } = await readSamples(
    { 'a.zip': zip },
    { limits: { freeExpandedBytes: 1_000_000, maxExpansionRatio: 1 } },
  );
  assert.deepEqual(
    entries.map(({ reason }) => reason),
    [null, null, null, ...new Array<string>(5).fill('expands-too-much')],
  );
});

test('what is no archive, or half of one, is refused', async () => {
  const zip = makeZip([{ name: 'a.txt', data: '一' }]);
  const { files } = await readSamples({
    'a.zip': 'これは書庫ではない',
    'b.zip': zip.subarray(0, zip.length - 30),
    'c.txt.gz': 'これは圧縮ではない',
    'd.gz': gzipSync('x'),
  });
  assert.deepEqual(
    files.map(({ reason }) => reason),
    ['archive-malformed', 'archive-malformed', 'archive-malformed', 'unsupported-format'],
  );
});
