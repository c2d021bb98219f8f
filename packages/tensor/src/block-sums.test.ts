// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockEnergies, blocksOfLength, rootMeanSquare, sumWordsToFloat } from './block-sums.ts';

test('an opened sum is read as signed integers, each block by its scale', () => {
  const blocks = blocksOfLength(5, 2);
  const scales = Float32Array.of(9, 0.5, 2, 4);
  for (const words of [
    Uint8Array.of(1, 255, 2, 254, 127),
    Uint16Array.of(1, 65_535, 2, 65_534, 127),
    Uint32Array.of(1, 0xffffffff, 2, 0xfffffffe, 127),
  ]) {
    const values = sumWordsToFloat({ words, blocks, firstBlock: 1, scales, divisor: 4 });
    assert.deepEqual([...values], [0.125, -0.125, 1, -1, 127]);
  }
  assert.throws(() => sumWordsToFloat({ words: new Uint16Array(5), blocks, firstBlock: 2, scales }), RangeError);
  assert.throws(() => sumWordsToFloat({ words: new Uint16Array(6), blocks, firstBlock: 0, scales }), RangeError);
  assert.throws(() => sumWordsToFloat({ words: new Uint16Array(4), blocks, firstBlock: 0, scales }), RangeError);
  assert.throws(
    () => sumWordsToFloat({ words: new Uint16Array(5), blocks, firstBlock: 0, scales, divisor: 0 }),
    RangeError,
  );
});

test('energies are sums of squares by block, and show a value that is not a number', () => {
  const values = Float32Array.of(3, 4, 0, -2, Number.NaN);
  assert.deepEqual([...blockEnergies(values, blocksOfLength(5, 2))], [25, 4, Number.NaN]);
  assert.throws(() => blockEnergies(values, blocksOfLength(4, 2)), RangeError);
  assert.throws(() => blockEnergies(values, blocksOfLength(6, 2)), RangeError);
  assert.equal(rootMeanSquare(Float32Array.of(3, 4, 0, 0)), 2.5);
  assert.equal(rootMeanSquare(new Float32Array(0)), 0);
});

test('blocks of one length cover every value once', () => {
  assert.deepEqual(blocksOfLength(5, 2), [
    { offset: 0, length: 2 },
    { offset: 2, length: 2 },
    { offset: 4, length: 1 },
  ]);
  assert.deepEqual(blocksOfLength(0, 2), []);
});
