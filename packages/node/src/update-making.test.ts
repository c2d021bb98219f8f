// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SeededRandom, sha256Hex } from '@kiban/core';
import { quantiseBlock, roundingNoise } from '@kiban/tensor';
import { type FlatLayout, scaleBlocks } from '@kiban/training';
import { openBlockSeeds } from './block-seeds.ts';
import { type QuantiseInput, quantiseUpdate } from './update-making.ts';

/** More than one chunk, with blocks that end inside a chunk and at odd places. */
const lengths = [5, 4_096, 300_001, 12_289];
const length = lengths.reduce((sum, one) => sum + one, 0);
const layout = {
  length,
  tensors: lengths.map((own, index) => ({
    length: own,
    offset: lengths.slice(0, index).reduce((sum, one) => sum + one, 0),
  })),
} as unknown as FlatLayout;
const blocks = [...scaleBlocks(layout)];
const scales = Float32Array.from(blocks, (_, block) => 0.02 + block / 10_000);
const noiseKey = new Uint8Array(32).fill(9);

async function quantised<T>(
  values: Float32Array,
  changes: Partial<QuantiseInput>,
  work: (result: Awaited<ReturnType<typeof quantiseUpdate>>, levels: Int8Array) => T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-update-'));
  try {
    const [deltaPath, levelsPath] = [join(folder, 'delta'), join(folder, 'levels')];
    writeFileSync(deltaPath, new Uint8Array(values.buffer));
    const input = { layout, deltaPath, levelsPath, scales, clipNorm: 1e9, levelLimit: 127, noiseKey, instance: 'i-1' };
    const result = await quantiseUpdate({ ...input, ...changes }).catch((error: unknown) => {
      assert.equal(existsSync(levelsPath) || existsSync(`${levelsPath}.tmp`), false, 'whole or not at all');
      throw error;
    });
    const bytes = readFileSync(levelsPath);
    assert.equal(result.wordsDigest, sha256Hex(bytes));
    return work(result, new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function normals(): Float32Array {
  const random = new SeededRandom(3);
  return Float32Array.from({ length }, () => random.normal());
}

test('the levels are those of the plain quantiser, block by block, clipped to the norm or not', async () => {
  const values = normals();
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  for (const clipNorm of [1e9, 100]) {
    const factor = Math.min(1, clipNorm / norm);
    const clipped = Float32Array.from(values, (value) => (factor < 1 ? value * factor : value));
    const nextSeeds = openBlockSeeds(noiseKey, 'i-1');
    let clippedCount = 0;
    const plain = blocks.flatMap(({ offset, length: own }, block) => {
      const part = clipped.subarray(offset, offset + own);
      const result = quantiseBlock(part, scales[block]!, 127, roundingNoise(nextSeeds(1)));
      assert.ok(result.ok);
      clippedCount += result.block.clippedCount;
      return [...result.block.levels];
    });
    await quantised(values, { clipNorm }, (result, levels) => {
      assert.deepEqual(Buffer.from(levels), Buffer.from(Int8Array.from(plain)));
      assert.equal(result.clippedCount, clippedCount);
      assert.ok(Math.abs(result.norm - norm) <= norm * 1e-9);
    });
  }
});

test('the same instance gives the same levels again, and another one or another key others', async () => {
  const values = normals();
  const digest = (changes: Partial<QuantiseInput>) => quantised(values, changes, (result) => result.wordsDigest);
  const first = await digest({});
  assert.equal(await digest({}), first);
  assert.notEqual(await digest({ instance: 'i-2' }), first);
  assert.notEqual(await digest({ noiseKey: new Uint8Array(32) }), first);
});

test('an update with a value that is not finite leaves no levels', async () => {
  for (const [at, fault] of [
    [0, Number.NaN],
    [length - 1, Number.POSITIVE_INFINITY],
  ] as const) {
    const values = normals();
    values[at] = fault;
    await assert.rejects(
      quantised(values, {}, () => undefined),
      { code: 'update-not-finite' },
    );
  }
});
