// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { halvesToNeighbours, neighboursToHalves } from './rope-permutation.ts';

const sizes = fc.record({
  heads: fc.integer({ min: 1, max: 4 }),
  half: fc.integer({ min: 1, max: 8 }),
  width: fc.integer({ min: 1, max: 3 }),
});

test('destination row 2i+j of a head is source row j*D/2+i, and no value leaves its head or column', () => {
  fc.assert(
    fc.property(sizes, ({ heads, half, width }) => {
      const rows = Float32Array.from({ length: heads * half * 2 * width }, (_, index) => index);
      const moved = halvesToNeighbours(rows, heads, half * 2);
      for (let head = 0; head < heads; head += 1)
        for (let i = 0; i < half; i += 1)
          for (const j of [0, 1])
            for (let column = 0; column < width; column += 1) {
              const to = (head * half * 2 + 2 * i + j) * width + column;
              const from = (head * half * 2 + j * half + i) * width + column;
              assert.equal(moved[to], rows[from]);
            }
    }),
  );
});

test('the permutation and its inverse undo each other', () => {
  fc.assert(
    fc.property(sizes, ({ heads, half, width }) => {
      const rows = Float32Array.from({ length: heads * half * 2 * width }, (_, index) => index);
      assert.deepEqual(neighboursToHalves(halvesToNeighbours(rows, heads, half * 2), heads, half * 2), rows);
      assert.deepEqual(halvesToNeighbours(neighboursToHalves(rows, heads, half * 2), heads, half * 2), rows);
    }),
  );
});

test('rows that are not whole heads, and heads of odd size, are refused', () => {
  assert.throws(() => halvesToNeighbours(new Float32Array(10), 1, 4), RangeError);
  assert.throws(() => neighboursToHalves(new Float32Array(9), 1, 3), RangeError);
});
