// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { dedupShadow } from '@kiban/japanese';
import fc from 'fast-check';
import {
  catchProbability,
  equalSlots,
  gramHashes,
  leastEqualSlots,
  mixWord,
  plainSignature,
  slotCount,
  slotSeeds,
} from './min-hash.ts';
import { minHashSignature } from './min-hash-kernel.ts';

const golden = '第３高炉の溶銑温度が1,480℃まで低下したため、羽口からの微粉炭吹込み量を下げた。';

test('the published vectors: finaliser, seeds, grams and slots', () => {
  assert.equal(mixWord(1), 0x514e28b7);
  assert.equal(slotSeeds[0], 0xd3a8a0de);
  assert.equal(slotSeeds[1], 0xc5edb876);
  const { text } = dedupShadow(golden);
  assert.equal(new Set(gramHashes(text)).size, 35);
  for (const signature of [plainSignature(text), minHashSignature(text)]) {
    assert.equal(signature?.length, slotCount);
    assert.deepEqual([...signature.subarray(0, 4)], [0x0b190883, 0x008cb866, 0x006550b8, 0x0064c1f6]);
  }
});

test('the kernel gives the signatures of the plain twin for any text, lone surrogates and pairs included', () => {
  const unit = fc.constantFrom('高', '炉', 'a', '0', '𠮷', '👨', '\ud800', '\udc00', '\uffff');
  const text = fc.oneof(
    fc.array(unit, { maxLength: 40 }).map((units) => units.join('')),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, (shadow) => {
      assert.deepEqual(minHashSignature(shadow), plainSignature(shadow));
    }),
    { numRuns: 300 },
  );
});

test('the kernel gives the same signatures for texts that are handed over in pieces, wherever a pair falls', () => {
  const random = new SeededRandom(5);
  for (const length of [4_090, 4_095, 4_096, 4_097, 4_100, 8_189, 8_200]) {
    for (const pairs of [0, 0.3]) {
      let shadow = '';
      while (shadow.length < length)
        shadow += random.chance(pairs) ? '𠮷' : String.fromCharCode(0x4e00 + random.below(500));
      assert.deepEqual(minHashSignature(shadow), plainSignature(shadow));
    }
  }
});

test('under five code points there is no signature', () => {
  assert.equal(minHashSignature('高炉操業'), undefined);
  assert.equal(minHashSignature('𠮷𠮷𠮷𠮷'), undefined);
  assert.notEqual(minHashSignature('高炉操業中'), undefined);
});

test('the share of equal slots estimates the Jaccard similarity of the gram sets', () => {
  const random = new SeededRandom(11);
  for (const kept of [0.95, 0.8, 0.6]) {
    const [left, right] = overlapping(random, kept);
    const [leftGrams, rightGrams] = [new Set(gramHashes(left)), new Set(gramHashes(right))];
    const both = [...leftGrams].filter((gram) => rightGrams.has(gram)).length;
    const jaccard = both / (leftGrams.size + rightGrams.size - both);
    const estimate = equalSlots(minHashSignature(left)!, minHashSignature(right)!) / slotCount;
    // Four standard errors.
    assert.ok(
      Math.abs(estimate - jaccard) <= 4 * Math.sqrt((jaccard * (1 - jaccard)) / slotCount),
      `${estimate} ${jaccard}`,
    );
  }
});

test('a pair is confirmed from 90 slots on, and the bands catch pairs with the published probabilities', () => {
  assert.equal(leastEqualSlots, 90);
  const expected = [0.211, 0.565, 0.772, 0.924, 0.988];
  for (const [index, similarity] of [0.6, 0.7, 0.75, 0.8, 0.85].entries())
    assert.equal(catchProbability(similarity).toFixed(3), expected[index]!.toFixed(3));
});

/** Two texts, the second with a share of the first one's characters from the start, the rest drawn anew. */
function overlapping(random: SeededRandom, kept: number): [string, string] {
  const draw = (count: number) =>
    Array.from({ length: count }, () => String.fromCharCode(0x4e00 + random.below(2_000))).join('');
  const left = draw(2_000);
  return [left, left.slice(0, Math.round(2_000 * kept)) + draw(Math.round(2_000 * (1 - kept)))];
}
