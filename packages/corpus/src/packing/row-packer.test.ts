// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRowPacker, type DocumentStart } from './row-packer.ts';

const ids = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });

test('documents come back whole from rows that overlap by one id', () => {
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 10 }), fc.integer({ min: 1, max: 12 }), (documents, sequenceLength) => {
      const rows: number[][] = [];
      const packer = createRowPacker(sequenceLength, (row) => rows.push([...row]));
      for (const [index, document] of documents.entries()) packer.addDocument(document, index);
      packer.finish();
      assert.ok(rows.every((row) => row.length === sequenceLength + 1));
      const joined = rows.flatMap((row, index) => (index === 0 ? row : row.slice(1))).filter((id) => id !== 0);
      const all = documents.flat();
      // One id alone predicts nothing and gives no row.
      assert.deepEqual(joined, all.length === 1 ? [] : all);
    }),
  );
});

test('a record that fits in a row is never cut, and the rest of its row is padding or other records', () => {
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 60 }), (records) => {
      const rows: number[][] = [];
      const packer = createRowPacker(39, (row) => rows.push([...row]));
      for (const [index, record] of records.entries()) packer.addWhole(record, index);
      packer.finish();
      assert.ok(rows.every((row) => row.length === 40));
      assert.equal(rows.flat().filter((id) => id !== 0).length, records.flat().length);
      const texts = rows.map((row) => ` ${row.join(' ')} `);
      for (const record of records) assert.ok(texts.some((row) => row.includes(` ${record.join(' ')} `)));
    }),
  );
});

test('the fullest row that has room takes a record', () => {
  const rows: number[][] = [];
  const packer = createRowPacker(9, (row) => rows.push([...row]));
  packer.addWhole([1, 1, 1, 1, 1, 1], 0);
  packer.addWhole([2, 2, 2, 2, 2, 2, 2], 1);
  packer.addWhole([3, 3, 3], 2);
  packer.finish();
  assert.deepEqual(rows, [
    [1, 1, 1, 1, 1, 1, 0, 0, 0, 0],
    [2, 2, 2, 2, 2, 2, 2, 3, 3, 3],
  ]);
});

test('a document of a million ids is packed', () => {
  let count = 0;
  const packer = createRowPacker(128, () => {
    count += 1;
  });
  packer.addDocument(new Array<number>(1_000_001).fill(5), 0);
  packer.finish();
  assert.equal(count, Math.ceil(1_000_000 / 128));
});

test('each document is told of once, with the row and column of its first id', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(ids, fc.boolean()), { maxLength: 40 }),
      fc.integer({ min: 1, max: 20 }),
      (documents, sequenceLength) => {
        const rows: { readonly row: number[]; readonly starts: readonly DocumentStart[] }[] = [];
        const packer = createRowPacker(sequenceLength, (row, starts) => rows.push({ row: [...row], starts }));
        // Ids of their own make each beginning recognisable.
        documents.forEach(([document, whole], index) => {
          const marked = [1_000 + index, ...document];
          if (whole) packer.addWhole(marked, index);
          else packer.addDocument(marked, index);
        });
        packer.finish();
        const told = rows.flatMap(({ row, starts }) =>
          starts.map(({ document, column }) => {
            assert.equal(row[column], 1_000 + document);
            return document;
          }),
        );
        assert.deepEqual(
          told.sort((a, b) => a - b),
          documents.map((_, index) => index),
        );
      },
    ),
  );
});
