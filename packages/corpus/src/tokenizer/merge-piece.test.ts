// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { trainMerges } from './bpe-trainer.ts';
import { mergeByHeap, mergeByScanning, mergePiece } from './merge-piece.ts';
import { MergeTable } from './merge-table.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'あ', '高', '炉'), minLength: 1, maxLength: 60 });

test('the heap merges as the plain definition does', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), text, (words, piece) => {
      const merges = trainMerges(new Map(words.map((word) => [word, 2])), { mergeCount: 60 });
      const table = new MergeTable(merges);
      const bytes = [...Buffer.from(piece, 'utf8')];
      assert.deepEqual(mergeByHeap(bytes, table), mergeByScanning([...bytes], table));
    }),
  );
});

test('a run as long as a document is merged', () => {
  const table = new MergeTable(trainMerges(new Map([['あああああああ', 9]]), { mergeCount: 8 }));
  const symbols = mergePiece([...Buffer.from('あ'.repeat(100_000), 'utf8')], table);
  assert.ok(symbols.length <= 50_000);
});
