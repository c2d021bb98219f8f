// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headChunkCount } from './cross-entropy.ts';

test('small logits are computed in one piece', () => assert.equal(headChunkCount(1_024, 1_024), 1));

test('large logits are cut into equal chunks of rows below the limit', () => {
  assert.equal(headChunkCount(4_096, 32_768), 2);
  for (const [rows, vocabulary] of [
    [12_288, 32_768],
    [4_095, 65_536],
    [1_024, 65_536 * 4],
  ] as const) {
    const chunks = headChunkCount(rows, vocabulary);
    assert.equal(rows % chunks, 0);
    assert.ok((rows / chunks) * vocabulary * 4 <= 256 * 2 ** 20);
  }
});
