// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSamples } from './samples/read-sample.ts';

test('JSON nested too deep is dropped by its line, brackets in strings do not count', async () => {
  const deep = `{"text":"深い","x":${'['.repeat(300)}${']'.repeat(300)}}`;
  const shown = JSON.stringify({ text: `"${'['.repeat(300)}` });
  const { texts, files } = await readSamples({ 'a.jsonl': `${shown}\n${deep}\n{"text":"最後"}\n` });
  assert.deepEqual(texts, [`"${'['.repeat(300)}`, '最後']);
  assert.deepEqual(files[0]?.faults, [{ reason: 'json-too-deep', offset: Buffer.byteLength(shown) + 1, line: 2 }]);
});

test('rows too long or with too many cells are dropped by their line', async () => {
  const rows = ['a,b', '1,2', ','.repeat(30), `3,"${'長'.repeat(200_000)}"`, '4,5'];
  const limits = { maxRowCells: 20, maxRowBytes: 300_000 };
  const { texts, files } = await readSamples({ 'a.csv': rows.join('\n') }, { limits });
  assert.deepEqual(texts, ['a: 1\nb: 2', 'a: 4\nb: 5']);
  assert.deepEqual(
    files[0]?.faults.map(({ reason, line }) => [reason, line]),
    [
      ['csv-too-many-cells', 3],
      ['line-too-long', 4],
    ],
  );
});

test('a stray quote costs its own row alone, wherever it stands', async () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => (index % 1_000 === 0 ? `"${index},x` : `${index},x`));
  const { files } = await readSamples({ 'a.csv': ['a,b', ...rows].join('\n') });
  assert.deepEqual([files[0]?.records, files[0]?.faultsByReason], [4_995, { 'csv-row-malformed': 5 }]);
});

test('tab-separated values may hold commas in their names', async () => {
  const { texts, files } = await readSamples({ 'a.tsv': '名前, よみ, 略\t値\n鋼, コウ\t3\n' });
  assert.deepEqual(texts, ['名前, よみ, 略: 鋼, コウ\n値: 3']);
  assert.equal(files[0]?.format, 'tsv');
});

test('folders nested too deep are named', async () => {
  const path = `${'d/'.repeat(11)}a.txt`;
  const { files } = await readSamples({ [path]: '奥', 'b.txt': '手前' }, { limits: { maxFolderDepth: 10 } });
  assert.deepEqual(
    files.map(({ reason }) => reason),
    [null, 'nested-too-deep'],
  );
});

test('ISO-2022-JP whose line does not return to ASCII is read, and a line that could be either is named', async () => {
  const bytes = Buffer.from(
    ['1B2442395D48440A', '395D48440A', '1B2442395D48441B28420A', '6162630A', '1B28493D1B28420A'].join(''),
    'hex',
  );
  const { texts, files } = await readSamples({ 'a.txt': bytes });
  assert.deepEqual(texts, ['鋼板\n鋼板\nabc\nｽ']);
  assert.deepEqual(files[0]?.faults, [{ reason: 'undecodable-bytes', offset: 8, line: 2 }]);
});
