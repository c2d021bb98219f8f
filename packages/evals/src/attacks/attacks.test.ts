// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { byteNonUniformity } from './byte-uniformity.ts';
import { areaUnderCurve, membershipScore, standardErrorOfChance } from './membership-score.ts';
import { rankMovedTokens, tokenRecall } from './rank-moved-tokens.ts';

test('rows that go another way than most come first, and recall counts them', () => {
  const random = new SeededRandom('rows');
  const used = new Set([3, 17, 40]);
  const values = Float32Array.from({ length: 50 * 8 }, (_, index) => {
    const noise = (random.unit() - 0.5) / 10;
    return used.has(index >> 3) ? random.unit() - 0.5 : (index % 2 === 0 ? 0.4 : -0.4) + noise;
  });
  const ranking = rankMovedTokens({ values, hiddenSize: 8 });
  assert.equal(tokenRecall(ranking, used), 1);
  assert.equal(tokenRecall(ranking.toReversed(), used), 0);
  assert.equal(tokenRecall(ranking, new Set()), 0);
});

test('the area under the curve is 1, 0 or a half for scores that are above, below or alike', () => {
  assert.equal(areaUnderCurve([2, 3], [0, 1]), 1);
  assert.equal(areaUnderCurve([0, 1], [2, 3]), 0);
  assert.equal(areaUnderCurve([1, 1], [1, 1]), 0.5);
  assert.ok(Math.abs(standardErrorOfChance(20, 20) - 0.0924) < 1e-3);
  assert.ok(Math.abs(membershipScore([1, 2], Float32Array.of(2, 4)) - 1) < 1e-6);
  assert.throws(() => membershipScore([1], Float32Array.of(1, 2)), RangeError);
});

test('random bytes are near uniform, small numbers are far from it', () => {
  const random = new SeededRandom('bytes');
  const uniform = Uint8Array.from({ length: 100_000 }, () => random.below(256));
  assert.ok(Math.abs(byteNonUniformity(uniform)) < 5);
  assert.ok(byteNonUniformity(uniform.map((byte) => byte % 64)) > 1_000);
});
