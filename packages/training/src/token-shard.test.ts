// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openTokenShard } from './token-shard.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-shard-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function shard(tokens: Uint16Array | Uint32Array, index: Record<string, unknown> = {}): string {
  const path = join(directory, 'text.bin');
  writeFileSync(path, tokens);
  const sidecar = {
    sequenceLength: 2,
    count: 2,
    vocabularySize: 100_000,
    tokenBytes: tokens.BYTES_PER_ELEMENT,
    ...index,
  };
  writeFileSync(join(directory, 'text.idx.json'), JSON.stringify(sidecar));
  return path;
}

test('gives any row, of two or four bytes per token', () => {
  for (const tokens of [Uint16Array.of(1, 2, 3, 4, 5, 65_535), Uint32Array.of(1, 2, 3, 4, 5, 65_536)]) {
    const open = openTokenShard(shard(tokens));
    const row = new Int32Array(3);
    open.row(1, row);
    assert.deepEqual([...row], [...tokens.subarray(3)]);
    open.row(0, row);
    assert.deepEqual([...row], [1, 2, 3]);
    assert.throws(() => open.row(2, row), RangeError);
    open.close();
  }
});

test('faults are named by file and row', () => {
  const tokens = Uint16Array.of(1, 2, 3, 4, 5, 6);
  const refused = (message: RegExp) => ({ code: 'token-shard-invalid', message });
  assert.throws(() => openTokenShard(join(directory, 'none.bin')), refused(/none\.idx\.json/));
  assert.throws(() => openTokenShard(shard(tokens, { count: 3 })), refused(/text\.bin.*12 bytes.*18/));
  assert.throws(() => openTokenShard(shard(tokens, { tokenBytes: 3 })), refused(/text\.idx\.json/));
  const open = openTokenShard(shard(tokens, { vocabularySize: 6 }));
  assert.throws(() => open.row(1, new Int32Array(3)), refused(/text\.bin.*row 1/));
  open.close();
});
