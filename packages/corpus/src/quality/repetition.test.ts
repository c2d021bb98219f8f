// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import fc from 'fast-check';
import { plainRepetition, windowPoints } from './repetition.ts';
import { windowRepetition } from './repetition-kernel.ts';

const points = (text: string) => Uint32Array.from(text, (character) => character.codePointAt(0)!);

test('n-grams of a small text are counted as by hand', () => {
  const { grams, coveredBy5 } = windowRepetition(points('高炉高炉高炉操業'));
  assert.deepEqual(grams[0], { all: 7, mostFrequent: 3, distinct: 4, repeated: 2 });
  assert.deepEqual(grams[1], { all: 6, mostFrequent: 2, distinct: 4, repeated: 2 });
  assert.deepEqual(grams[3], { all: 4, mostFrequent: 1, distinct: 4, repeated: 0 });
  assert.deepEqual(grams[8], { all: 0, mostFrequent: 0, distinct: 0, repeated: 0 });
  assert.equal(coveredBy5, 0);
});

test('the kernel counts what maps of strings count, for any window', () => {
  const few = fc.array(fc.constantFrom(0x9ad8, 0x7089, 0x61, 0x20bb7, 0x10ffff, 0, 0xd842, 0xdfb7), { maxLength: 80 });
  const many = fc.array(fc.nat(0x10ffff), { maxLength: 60 });
  fc.assert(
    fc.property(fc.oneof(few, many), (window) => {
      assert.deepEqual(windowRepetition(Uint32Array.from(window)), plainRepetition(window));
    }),
    { numRuns: 400 },
  );
});

test('the kernel counts what maps of strings count in full windows, from one letter only to all letters different', () => {
  const random = new SeededRandom(3);
  for (const letters of [1, 2, 60, 4_000]) {
    const window = Uint32Array.from({ length: windowPoints }, (_, index) =>
      letters === windowPoints ? 0x4e00 + index : 0x4e00 + random.below(letters),
    );
    assert.deepEqual(windowRepetition(window), plainRepetition(window));
  }
});

test('a window that is too long is refused', () => {
  assert.throws(() => windowRepetition(new Uint32Array(windowPoints + 1)), RangeError);
});
