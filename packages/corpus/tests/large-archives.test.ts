// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { createGzip } from 'node:zlib';
import type { FileOutcome } from '../src/index.ts';
import { makeXlsx, sheetRow } from '../src/reading/samples/make-office.ts';
import { makeZip } from '../src/reading/samples/make-zip.ts';

const rowCount = 1_000_000;
const sheetRowCount = 200_000;
const maxGrowthBytes = 150 << 20;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-large-'));
});
after(() => rm(folder, { recursive: true }));

function* table(): Generator<string> {
  yield '日時,設備,温度,備考\n';
  for (let start = 0; start < rowCount; start += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, index) => {
      const row = start + index;
      return `2026-11-24 ${row},BF${row % 3},${1_400 + ((row * 7919) % 150)},${(row * 104_729) % 1_000_003}\n`;
    });
    yield rows.join('');
  }
}

/** In a process of its own, so that what made the samples does not count. */
function read(): { outcome: FileOutcome; growthBytes: number } {
  const script = `
    import { readFolder } from ${JSON.stringify(new URL('../src/reading/read-folder.ts', import.meta.url).href)};
    const before = process.memoryUsage().rss;
    let [seen, highest, outcome] = [0, before];
    for await (const item of readFolder(process.argv[1], { source: 'large' })) {
      seen += 1;
      if (seen % 1_000 === 0) highest = Math.max(highest, process.memoryUsage().rss);
      if (item.kind === 'file') outcome = item.outcome;
    }
    console.log(JSON.stringify({ outcome, growthBytes: highest - before }));`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, folder];
  return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}

test('a compressed table of a million rows is read with flat memory', async (context) => {
  await pipeline(Readable.from(table()), createGzip({ level: 1 }), createWriteStream(join(folder, 'a.csv.gz')));
  const { outcome, growthBytes } = read();
  assert.deepEqual([outcome.records, outcome.status], [rowCount, 'kept']);
  context.diagnostic(`memory grew by ${Math.round(growthBytes / 1e6)} MB`);
  assert.ok(growthBytes < maxGrowthBytes);
  await rm(join(folder, 'a.csv.gz'));
});

test('a workbook of 200,000 rows in an archive is read with memory for the archive alone', async (context) => {
  const rows = Array.from({ length: sheetRowCount }, (_, row) =>
    row === 0
      ? sheetRow(1, ['日時', '設備', '温度'])
      : sheetRow(row + 1, [[46_350 + row / 1_440, 3], `BF${row % 3}`, row % 1_500]),
  );
  await writeFile(
    join(folder, 'a.zip'),
    makeZip([{ name: 'b.xlsx', data: makeXlsx([{ name: '日報', rows: rows.join('') }]) }]),
  );
  rows.length = 0;
  const { outcome, growthBytes } = read();
  assert.deepEqual([outcome.records, outcome.status], [sheetRowCount - 1, 'kept']);
  context.diagnostic(`memory grew by ${Math.round(growthBytes / 1e6)} MB`);
  assert.ok(growthBytes < maxGrowthBytes);
});
