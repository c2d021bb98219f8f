// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { type FileOutcome, readFolder } from '../src/index.ts';

const lineCount = 1_250_000;
const maxGrowthBytes = 200 << 20;

/** About 100 MB of a shift log in CP932, with one damaged line far inside. */
function* shiftLog(): Generator<Buffer> {
  const line = Buffer.concat([
    Buffer.from('2026-11-24 06:00 BF3 '),
    Buffer.from('8d7c94c28daf8bcd92b2', 'hex'),
    Buffer.from(' 1480 OK, wind 5200 Nm3/min, humidity 12 g/Nm3\r\n'),
  ]);
  const block = Buffer.concat(new Array<Buffer>(1_000).fill(line));
  for (let written = 0; written < lineCount; written += 1_000) {
    yield block;
    if (written === 900_000) yield Buffer.from('8dff0d0a', 'hex');
  }
}

test('a file of 100 MB is read with flat memory, and a bad line in its middle is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-large-'));
  try {
    await pipeline(Readable.from(shiftLog()), createWriteStream(join(folder, 'log.txt')));
    const before = process.memoryUsage().rss;
    let highest = before;
    let characters = 0;
    let outcome: FileOutcome | undefined;
    for await (const item of readFolder(folder, { source: 'large' })) {
      highest = Math.max(highest, process.memoryUsage().rss);
      if (item.kind === 'file') outcome = item.outcome;
      if (item.kind === 'record') {
        const content = item.record.content.open();
        characters += content.kind === 'text' ? content.text.length : 0;
      }
    }
    assert.ok(outcome !== undefined && outcome.bytes > 95_000_000);
    assert.equal(outcome.encoding, 'cp932');
    assert.equal(outcome.status, 'partly-kept');
    assert.deepEqual(
      outcome.faults.map(({ reason, line }) => [reason, line]),
      [['undecodable-bytes', 901_001]],
    );
    assert.ok(characters > 90_000_000);
    const growth = highest - before;
    assert.ok(growth < maxGrowthBytes, `memory grew by ${Math.round(growth / 1e6)} MB`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
