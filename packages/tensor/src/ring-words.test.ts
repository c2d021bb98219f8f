// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addWords,
  assertNoOverflow,
  fitsRing,
  type RingBits,
  type RingWords,
  signedWords,
  subtractWords,
  widenInt8ToWords16,
} from './ring-words.ts';

const wordsOf = (bits: RingBits, values: readonly number[]): RingWords =>
  bits === 8 ? Uint8Array.from(values) : bits === 16 ? Uint16Array.from(values) : Uint32Array.from(values);

const ringPair = fc.tuple(fc.constantFrom<RingBits>(8, 16, 32), fc.nat({ max: 67 })).chain(([bits, length]) => {
  const list = fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: length, maxLength: length });
  return fc.record({ bits: fc.constant(bits), a: list, b: list });
});

test('adding and subtracting is arithmetic modulo 2^bits, at every length', () => {
  fc.assert(
    fc.property(ringPair, ({ bits, a, b }) => {
      const modulus = 2 ** bits;
      const sum = wordsOf(bits, a);
      addWords(sum, wordsOf(bits, b));
      assert.deepEqual(
        [...sum],
        a.map((value, index) => (value + b[index]!) % modulus),
      );
      subtractWords(sum, wordsOf(bits, b));
      assert.deepEqual([...sum], a);
      subtractWords(sum, wordsOf(bits, b));
      assert.deepEqual(
        [...sum],
        a.map((value, index) => (value - b[index]! + modulus) % modulus),
      );
    }),
  );
});

test('masks that cancel leave the plain sum', () => {
  fc.assert(
    fc.property(ringPair, ringPair, ({ bits, a }, { b }) => {
      const mask = wordsOf(
        bits,
        a.map((_, index) => (b[index] ?? 77) * 2_654_435_761),
      );
      const first = wordsOf(bits, a);
      const second = wordsOf(bits, a.toReversed());
      const plain = wordsOf(bits, a);
      addWords(plain, second);
      addWords(first, mask);
      subtractWords(second, mask);
      addWords(first, second);
      assert.deepEqual(first, plain);
    }),
  );
});

test('words of different width or length are refused', () => {
  assert.throws(() => addWords(new Uint16Array(2), new Uint8Array(2)), RangeError);
  assert.throws(() => subtractWords(new Uint32Array(2), new Uint16Array(2)), RangeError);
  for (const make of [Uint8Array, Uint16Array, Uint32Array]) {
    assert.throws(() => addWords(new make(2), new make(3)), RangeError);
    assert.throws(() => subtractWords(new make(2), new make(1)), RangeError);
  }
  assert.throws(() => widenInt8ToWords16(new Int8Array(2), new Uint16Array(3)), RangeError);
});

test('a level keeps its value as a word', () => {
  const levels = Int8Array.from({ length: 256 }, (_, index) => index - 128);
  const words = new Uint16Array(256);
  widenInt8ToWords16(levels, words);
  assert.deepEqual([...signedWords(words)], [...levels]);
  assert.equal(words[127], 65_535);
  assert.deepEqual([...signedWords(Uint8Array.of(255, 127))], [-1, 127]);
  assert.deepEqual([...signedWords(Uint32Array.of(0xffffffff, 5))], [-1, 5]);
});

test('as many members fit as the largest sum allows, and one more overflows', () => {
  for (const [most, limit, bits] of [
    [258, 127, 16],
    [18, 7, 8],
    [2_147_483_647, 1, 32],
  ] as const) {
    assert.equal(fitsRing(most, limit, bits), true);
    assert.equal(fitsRing(most + 1, limit, bits), false);
    assert.doesNotThrow(() => assertNoOverflow(most, limit, bits));
    assert.throws(() => assertNoOverflow(most + 1, limit, bits), { code: 'ring-overflow' });
  }
  const sumOf = (members: number) => {
    const sum = new Uint8Array(1);
    for (let member = 0; member < members; member += 1) addWords(sum, Uint8Array.of(7));
    return signedWords(sum)[0];
  };
  assert.equal(sumOf(18), 126);
  assert.equal(sumOf(19), -123);
});
