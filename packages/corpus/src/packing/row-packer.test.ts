// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRowPacker } from './row-packer.ts';

const idArray = (maxLength: number) => fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength });

test('rows of documents overlap by one id, so that every id but the first is a target exactly once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(idArray(30), { maxLength: 8 }),
      (sequenceLength, documents) => {
        const targets: number[] = [];
        const packer = createRowPacker(sequenceLength, (row) => {
          assert.equal(row.length, sequenceLength + 1);
          targets.push(...row.slice(1).filter((id) => id !== 0));
        });
        for (const document of documents) packer.addDocument(document);
        packer.finish();
        assert.deepEqual(targets, documents.flat().slice(1));
      },
    ),
  );
});

test('a record that fits a row is never cut, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 120 }), (lengths) => {
      // Each record has an id of its own, so a cut would show.
      const rows: (readonly number[])[] = [];
      const packer = createRowPacker(11, (row) => rows.push(row));
      lengths.forEach((length, index) => {
        packer.addWhole(new Array<number>(length).fill(index + 1));
      });
      packer.finish();
      lengths.forEach((length, index) => {
        const holding = rows.filter((row) => row.includes(index + 1));
        assert.equal(holding.length, 1);
        const row = holding[0]!;
        assert.equal(row.lastIndexOf(index + 1) - row.indexOf(index + 1) + 1, length);
      });
      assert.ok(rows.every((row) => row.length === 12));
    }),
  );
});

test('short records share a row, best fit first, and the rest is padding', () => {
  const rows: (readonly number[])[] = [];
  const packer = createRowPacker(7, (row) => rows.push(row));
  for (const [id, length] of [
    [1, 5],
    [2, 6],
    [3, 2],
    [4, 3],
  ] as const)
    packer.addWhole(new Array<number>(length).fill(id));
  packer.finish();
  assert.deepEqual(rows, [
    [1, 1, 1, 1, 1, 4, 4, 4],
    [2, 2, 2, 2, 2, 2, 3, 3],
  ]);
});

test('a record longer than a row is cut like a document', () => {
  const rows: (readonly number[])[] = [];
  const packer = createRowPacker(3, (row) => rows.push(row));
  packer.addWhole([1, 2, 3, 4, 5]);
  packer.finish();
  assert.deepEqual(rows, [
    [1, 2, 3, 4],
    [4, 5, 0, 0],
  ]);
});

test('a document of half a million ids is packed', () => {
  let count = 0;
  const packer = createRowPacker(512, () => {
    count += 1;
  });
  packer.addDocument(new Array<number>(500_000).fill(7));
  packer.finish();
  assert.equal(count, Math.ceil(499_999 / 512));
});
