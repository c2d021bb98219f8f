// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusteredMean } from './clustered-mean.ts';
import { holmAdjust } from './holm.ts';
import { mcNemarExact } from './mcnemar.ts';

function items(groups: readonly (readonly number[])[]): { value: number; cluster: string }[] {
  return groups.flatMap((values, index) => values.map((value) => ({ value, cluster: `${index}` })));
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

test('the clustered error of four clusters is .17678 and, each item its own cluster, .14434', () => {
  const groups = [
    [1, 1, 1],
    [0, 0],
    [1, 0, 1],
    [0, 0, 0, 1],
  ];
  const clustered = clusteredMean(items(groups));
  assert.equal(clustered.mean, 0.5);
  near(clustered.standardError, 0.17678, 5e-6);
  near(clustered.confidenceInterval[1] - 0.5, 3.182 * 0.176777, 1e-5);
  near(clusteredMean(items(groups.flat().map((value) => [value]))).standardError, 0.14434, 5e-6);
});

test('with 30 clusters the normal quantile is used, with one the error is unknown', () => {
  const many = clusteredMean(items(Array.from({ length: 80 }, (_, index) => [index % 2])));
  near(many.confidenceInterval[1] - many.mean, 0.10957, 1e-4);
  assert.ok(Number.isNaN(clusteredMean(items([[1, 0]])).standardError));
  assert.throws(() => clusteredMean([]), RangeError);
});

test('exact McNemar: (10,2) .03857, (15,5) .04139, symmetric, at most 1, and finite for thousands', () => {
  near(mcNemarExact(10, 2), 0.03857, 5e-6);
  near(mcNemarExact(15, 5), 0.04139, 5e-6);
  assert.equal(mcNemarExact(2, 10), mcNemarExact(10, 2));
  assert.equal(mcNemarExact(0, 0), 1);
  near(mcNemarExact(4, 4), 1, 1e-12);
  near(mcNemarExact(2000, 2000), 1, 1e-9);
  assert.throws(() => mcNemarExact(-1, 2), RangeError);
});

test('Holm: .01 .04 .03 .005 become .03 .06 .06 .02', () => {
  const adjusted = holmAdjust([0.01, 0.04, 0.03, 0.005]);
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) near(adjusted[index] as number, expected, 1e-12);
});
