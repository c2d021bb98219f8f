// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { byteNonUniformity } from './byte-uniformity.ts';
import { type AttackedModel, emptyPrefix, firstLayerInput, secondLayerInput } from './first-layer.ts';
import { areaUnderCurve, membershipScore, standardErrorOfChance } from './membership-score.ts';
import { rankMovedTokens, tokenRecall } from './rank-moved-tokens.ts';
import { rankTokensBySpan, recoverSentence } from './recover-sentence.ts';
import { distanceFromSpan, rowSpace } from './row-space.ts';

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

test('a vector is inside the span of rows it was made of, outside of others, and small rows count', () => {
  const random = new SeededRandom('span');
  const vectors = Array.from({ length: 6 }, () => Float64Array.from({ length: 16 }, () => random.normal()));
  const rowsOf = (scale: number) =>
    Float64Array.from(
      { length: 8 * 16 },
      (_, index) => scale * ((index >> 4) - 3.5) ** 2 * vectors[(index >> 4) % 4]![index % 16]!,
    );
  const basis = rowSpace([{ values: rowsOf(1) }, { values: rowsOf(1e-6) }, { values: new Float64Array(32) }], 16);
  assert.equal(basis.length, 4);
  for (const [place, vector] of vectors.entries()) {
    const distance = distanceFromSpan(vector, basis);
    assert.ok(place < 4 ? distance < 1e-6 : distance > 0.5, `${place}: ${distance}`);
  }
  assert.equal(rowSpace([{ values: rowsOf(1) }], 16, { rank: 2 }).length, 2);
});

test('a sentence is read from rows that its layer inputs span, in its order, and not from noise', () => {
  const random = new SeededRandom('sentence');
  const tensors = new Map<string, Float32Array>();
  const model: AttackedModel = {
    ...{
      hiddenSize: 16,
      headCount: 2,
      keyValueHeadCount: 1,
      vocabularySize: 40,
      ropeTheta: 10_000,
      rmsNormEpsilon: 1e-5,
    },
    weights: (name) => {
      const size = name.includes('norm')
        ? 16
        : name.includes('embed')
          ? 40 * 16
          : /k_proj|v_proj/.test(name)
            ? 128
            : 256;
      const fresh = Float32Array.from({ length: size }, () => (name.includes('norm') ? 1 : random.normal() * 0.3));
      tensors.set(name, tensors.get(name) ?? fresh);
      return tensors.get(name)!;
    },
  };
  const sentence = [7, 31, 12, 31, 5, 22];
  let prefix = emptyPrefix;
  const second = sentence.map((token) => {
    const next = secondLayerInput(model, prefix, token);
    prefix = next.prefix;
    return next.input;
  });
  const inputs = [sentence.map((token) => firstLayerInput(model, token)), second];
  const gradients = new Map<string, Float64Array>();
  const gradient = (name: string) => {
    const own = inputs[name.includes('layers.0') ? 0 : 1]!;
    const made = gradients.get(name) ?? rowsOf(own);
    gradients.set(name, made);
    return made;
  };
  /** Eight rows, each a mixture of the inputs. */
  function rowsOf(own: readonly Float64Array[]): Float64Array {
    const mixture = Array.from({ length: 8 }, () => own.map(() => random.normal()));
    return Float64Array.from({ length: 8 * 16 }, (_, index) =>
      own.reduce((sum, input, place) => sum + mixture[index >> 4]![place]! * input[index % 16]!, 0),
    );
  }
  const attack = { model, update: gradient, length: sentence.length };
  const ranking = rankTokensBySpan(attack);
  assert.equal(tokenRecall(ranking, new Set(sentence)), 1);
  assert.deepEqual(recoverSentence(attack, ranking.slice(0, sentence.length)), sentence);
  const noise = { ...attack, update: () => Float64Array.from({ length: 8 * 16 }, () => random.normal()) };
  assert.notDeepEqual(recoverSentence(noise, rankTokensBySpan(noise).slice(0, sentence.length)), sentence);
});
