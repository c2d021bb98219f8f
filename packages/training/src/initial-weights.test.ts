// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '@kiban/core';
import { initialWeights } from './initial-weights.ts';
import { flatLayout } from './layout.ts';
import { presetConfig } from './presets.ts';

const config = presetConfig('tiny', 512, 64);

function digest(seed: string): string {
  return sha256Hex([...initialWeights(config, seed)].map(({ data }) => sha256Hex(new Uint8Array(data.buffer))).join());
}

test('the same seed gives the same bytes, another seed others', () => {
  assert.equal(digest('1'), digest('1'));
  assert.notEqual(digest('1'), digest('2'));
});

test('tensors come in flat order with their own spread', () => {
  const made = [...initialWeights(config, '1')];
  assert.deepEqual(
    made.map(({ tensor }) => tensor),
    flatLayout(config).tensors,
  );
  for (const { tensor, data } of made) {
    if (tensor.shape.length === 1) {
      assert.ok(data.every((value) => value === 1));
      continue;
    }
    const residual = /(o_proj|down_proj)\.weight$/.test(tensor.name);
    const expected = residual ? 0.02 / Math.sqrt(8) : 0.02;
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    assert.ok(Math.abs(mean) < 0.05 * expected, `${tensor.name} mean ${mean}`);
    assert.ok(Math.abs(deviation / expected - 1) < 0.05, `${tensor.name} deviation ${deviation}`);
  }
});
