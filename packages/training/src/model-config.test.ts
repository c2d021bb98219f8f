// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelConfigSchema } from './model-config.ts';
import { presetConfig } from './presets.ts';

const good = presetConfig('tiny', 512, 64);

test('a preset passes its own schema, with the usual constants', () => {
  assert.deepEqual(modelConfigSchema.parse(good), good);
  assert.deepEqual([good.ropeTheta, good.rmsNormEpsilon, good.tieEmbeddings], [10_000, 1e-5, true]);
});

for (const [change, field, message] of [
  [{ hiddenSize: 100 }, 'hiddenSize', /multiple of 32/],
  [{ feedForwardSize: 250 }, 'feedForwardSize', /multiple of 32/],
  [{ headCount: 5 }, 'headCount', /96 is not divisible by 5 heads/],
  [{ headCount: 32, keyValueHeadCount: 32 }, 'headCount', /head size must be even/],
  [{ keyValueHeadCount: 3 }, 'keyValueHeadCount', /4 heads are not divisible by 3/],
  [{ vocabularySize: 0 }, 'vocabularySize', /16/],
  [{ extra: 1 }, '', /extra/],
] as const) {
  test(`names the fault of ${JSON.stringify(change)}`, () => {
    const result = modelConfigSchema.safeParse({ ...good, ...change });
    const issue = result.error?.issues[0];
    assert.equal(issue?.path.join('.'), field);
    assert.match(issue?.message ?? '', message);
  });
}
