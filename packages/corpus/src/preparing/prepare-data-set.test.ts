// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isKibanError, sha256Hex } from '@kiban/core';
import { shardIndexSchema } from '../packing/shard-index.ts';
import { specialIds } from '../tokenizer/special-tokens.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { trainTokenizer } from '../tokenizer/tokenizer-json.ts';
import { writePreparation } from './preparation.ts';
import { type PrepareOptions, prepareDataSet } from './prepare-data-set.ts';
import type { PrepareProgress } from './prepare-report.ts';
import { readTexts } from './read-texts.ts';

const made: string[] = [];
let tokenizer: Tokenizer;
before(async () => {
  tokenizer = (await trainTokenizer(['溶銑温度が低下したため送風を増やした。'.repeat(9)], { vocabularySize: 384 }))
    .tokenizer;
});
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

async function workFolder(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-prepare-'));
  made.push(folder);
  await mkdir(join(folder, 'in'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, 'in', name), content);
  // These documents are a few words each.
  await mkdir(join(folder, 'store'));
  await writePreparation(join(folder, 'store'), { kind: 'record', profile: 'kiban-ja-1' });
  return { folder: join(folder, 'in'), storeDirectory: join(folder, 'store'), outputDirectory: join(folder, 'out') };
}

async function prepare(files: Readonly<Record<string, string | Uint8Array>>, options: Partial<PrepareOptions> = {}) {
  const folders = await workFolder(files);
  const settings = { ...folders, source: 'test', tokenizer, sequenceLength: 32, heldOutPerMille: 0, ...options };
  return { report: await prepareDataSet(settings), ...folders };
}

async function rowsOf(outputDirectory: string, name: string): Promise<number[][]> {
  const index = shardIndexSchema.parse(JSON.parse(await readFile(join(outputDirectory, `${name}.idx.json`), 'utf8')));
  const bytes = await readFile(join(outputDirectory, `${name}.bin`));
  assert.equal(sha256Hex(bytes), index.sha256);
  const width = index.sequenceLength + 1;
  assert.equal(bytes.length, index.count * width * index.tokenBytes);
  return Array.from({ length: index.count }, (_, row) =>
    Array.from({ length: width }, (_, column) => bytes.readUInt16LE((row * width + column) * index.tokenBytes)),
  );
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => JSON.stringify({ text: `${index}号機の点検記録` })).join('\n');
}

test('documents of every format arrive in the shard, normalised and framed', async () => {
  const { report, outputDirectory } = await prepare(
    {
      'a.txt': '第３高炉　出銑',
      'b.jsonl': '{"messages":[{"role":"user","content":"温度は？"},{"role":"assistant","content":"１４８０℃"}]}',
      'c.csv': '設備,状態\nBF3,良',
      'd.html': '<p>送風</p>',
    },
    { sequenceLength: 256 },
  );
  const all = (await rowsOf(outputDirectory, 'training')).flat();
  assert.equal(all.filter((id) => id === specialIds.begin).length, 4);
  assert.equal(all.filter((id) => id === specialIds.end).length, 4);
  const text = tokenizer.decode(all);
  for (const part of ['第3高炉 出銑', '温度は？1480℃', '設備: BF3\n状態: 良', '送風'])
    assert.ok(text.includes(part), part);
  const chat = [
    ...tokenizer.encodeChat([
      { role: 'user', content: '温度は？' },
      { role: 'assistant', content: '1480℃' },
    ]),
    specialIds.end,
  ];
  assert.ok(` ${all.join(' ')} `.includes(` ${chat.join(' ')} `));
  assert.deepEqual([report.documents, report.chats, report.training.documents, report.heldOut.documents], [4, 1, 4, 0]);
  const textBytes = ['第3高炉 出銑', '温度は？\n1480℃', '設備: BF3\n状態: 良', '送風'].join('');
  assert.equal(report.shards.training.textBytes, Buffer.byteLength(textBytes));
  assert.equal(report.characters, textBytes.length);
});

test('the same folder gives the same bytes', async () => {
  const files = { 'a.jsonl': lines(200), 'b.txt': '本文' };
  const shards = async () => (await prepare(files, { heldOutPerMille: 100 })).report.shards;
  assert.deepEqual(await shards(), await shards());
});

test('duplicates after normalising count once', async () => {
  const { report } = await prepare({ 'a.txt': 'ＢＦ３の記録', 'b.txt': 'BF3の記録\r\n', 'c.txt': '別の記録' });
  assert.deepEqual([report.documents, report.duplicates], [2, 1]);
});

test('a document is on the same side whatever stands beside it', async () => {
  const side = async (content: string) => {
    const { outputDirectory } = await prepare({ 'a.jsonl': content }, { heldOutPerMille: 300 });
    const text = tokenizer.decode((await rowsOf(outputDirectory, 'heldout')).flatMap((row) => row.slice(1)));
    return new Set(Array.from(text.matchAll(/(\d+)号機の点検記録/g), ([, number]) => Number(number)));
  };
  const few = await side(lines(60));
  const many = await side(`${lines(120)}\n${lines(60)}`);
  assert.ok(few.size > 5 && few.size < 35);
  assert.deepEqual([...few].filter((number) => !many.has(number) && number < 60).length, 0);
  assert.deepEqual([...many].filter((number) => number < 60).length, few.size);
});

test('the pieces of a long document stay on one side', async () => {
  const long = Array.from({ length: 20_000 }, (_, index) => `${index}行目の内容は同じ内容`).join('\n');
  for (const name of ['a', 'b', 'c', 'd']) {
    const { report } = await prepare({ 'a.txt': `${name}\n${long}`, 'b.txt': '短い' }, { heldOutPerMille: 500 });
    const pieces = report.documents - 1;
    assert.ok(pieces > 1);
    assert.ok([report.training.documents, report.heldOut.documents].some((count) => count <= 1));
  }
});

test('something is always held out when asked for, and it is not trained on', async () => {
  const { report, outputDirectory } = await prepare({ 'a.jsonl': lines(5) }, { heldOutPerMille: 1 });
  assert.deepEqual([report.training.documents, report.heldOut.documents], [4, 1]);
  const trained = tokenizer.decode((await rowsOf(outputDirectory, 'training')).flatMap((row) => row.slice(1)));
  const held = tokenizer.decode((await rowsOf(outputDirectory, 'heldout')).flat());
  assert.ok(!trained.includes(held.trim()));
  const alone = (await prepare({ 'a.txt': '一つだけ' }, { heldOutPerMille: 1 })).report;
  assert.deepEqual([alone.documents, alone.training.documents, alone.heldOut.documents], [1, 1, 1]);
});

test('a data set may be held out as a whole', async () => {
  const { report } = await prepare({ 'a.jsonl': lines(5) }, { heldOutPerMille: 1_000 });
  assert.deepEqual([report.training.documents, report.heldOut.documents], [0, 5]);
});

test('the report names what was dropped and where', async () => {
  const bad = Buffer.concat([Buffer.from('良い\n'), Buffer.of(0xe3, 0x81, 0x0a), Buffer.from('最後\n')]);
  const { report, outputDirectory } = await prepare({
    'a.txt': bad,
    'b.txt': '',
    'c.txt': '%PDF-1.7',
    'd.jsonl': `${lines(150)}\n${'oops\n'.repeat(150)}`,
    'e.txt': Buffer.from('8d7c94c2', 'hex'),
  });
  assert.deepEqual(report.files.byRefusal, { 'empty-file': 1, 'binary-file': 1 });
  assert.deepEqual(report.files.byEncoding, { 'utf-8': 2, cp932: 1 });
  assert.deepEqual(
    [report.files.total, report.files.kept, report.files.partlyKept, report.files.refused],
    [5, 1, 2, 2],
  );
  assert.deepEqual(report.faults, { 'undecodable-bytes': 1, 'json-malformed': 150 });
  assert.deepEqual(
    report.problems.map(({ path, faultCount }) => [path, faultCount]),
    [
      ['a.txt', 1],
      ['b.txt', 0],
      ['c.txt', 0],
      ['d.jsonl', 150],
    ],
  );
  assert.deepEqual(report.problems[0]?.faults, [{ reason: 'undecodable-bytes', offset: 7, line: 2 }]);
  assert.deepEqual(JSON.parse(await readFile(join(outputDirectory, 'report.json'), 'utf8')), report);
  assert.ok(!JSON.stringify(report).includes('良い'));
});

test('a folder without text is a clear error and leaves no shard', async () => {
  const folders = await workFolder({ 'a.txt': '', 'b.txt': '%PDF-1' });
  const settings = { ...folders, source: 'test', tokenizer, sequenceLength: 32, heldOutPerMille: 5 };
  const error: unknown = await prepareDataSet(settings).catch((caught: unknown) => caught);
  assert.ok(isKibanError(error) && error.code === 'folder-without-text');
  assert.match(error.detail.en, /a\.txt: it has 0 bytes[\s\S]*b\.txt: it is binary, not text \(PDF\)/);
  assert.deepEqual(await readdir(folders.outputDirectory), []);
});

test('an aborted run leaves neither report nor shard, also over an earlier result', async () => {
  const { folder, storeDirectory, outputDirectory } = await prepare({ 'a.jsonl': lines(2_000) });
  const controller = new AbortController();
  const again = prepareDataSet({
    folder,
    storeDirectory,
    outputDirectory,
    source: 'test',
    tokenizer,
    sequenceLength: 32,
    heldOutPerMille: 0,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await assert.rejects(again, { name: 'AbortError' });
  const left = await readdir(outputDirectory);
  assert.ok(!left.some((name) => name.endsWith('.json') || name.endsWith('.tmp')), left.join());
});

test('progress reaches its totals', async () => {
  let last: PrepareProgress | undefined;
  const { report } = await prepare(
    { 'a.txt': '\ufeff本文', 'b.pdf': 'xyz', 'c.jsonl': lines(10) },
    {
      onProgress: (progress) => {
        last = progress;
      },
    },
  );
  assert.deepEqual(last, {
    files: 3,
    filesTotal: 3,
    bytesRead: report.files.bytes,
    bytesTotal: report.files.bytes,
    documents: 11,
    tokens: report.tokens,
  });
});

test('a tokenizer is trained from a folder', async () => {
  const { folder } = await workFolder({ 'a.jsonl': lines(50) });
  const { tokenizer: own } = await trainTokenizer(readTexts(folder), { vocabularySize: 384 });
  assert.ok(own.encode('号機の点検記録').length <= 4);
});
