// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openFileBlobStore } from '@kiban/store-blob';
import { openSafetensors, writeSafetensors } from '@kiban/tensor';
import {
  applyOuterStep,
  flatLayout,
  initialWeights,
  presetConfig,
  scaleBlockCount,
  scaleBlocks,
} from '@kiban/training';
import { makeCandidate } from './candidate-base.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-candidate-'));
after(() => rmSync(directory, { recursive: true }));

test('a candidate made in chunks is that of the whole vector at once, and the base stays as it was', async () => {
  const model = presetConfig('tiny', 512, 32);
  const layout = flatLayout(model);
  const blobs = openFileBlobStore(join(directory, 'blobs'));
  const path = join(directory, 'base.safetensors');
  const weights = new Float32Array(layout.length);
  for (const { tensor, data } of initialWeights(model, 'seed')) weights.set(data, tensor.offset);
  await writeSafetensors(
    path,
    layout.tensors.map((tensor) => ({
      name: tensor.name,
      dtype: 'F32' as const,
      shape: tensor.shape,
      data: () => weights.slice(tensor.offset, tensor.offset + tensor.length),
    })),
  );
  const { digest: base } = await blobs.put(readFileSync(path));
  const sum = Int16Array.from({ length: layout.length }, (_, index) => ((index * 7_919) % 700) - 350);
  const sumPath = join(directory, 'sum');
  writeFileSync(sumPath, new Uint8Array(sum.buffer));
  const scales = Float32Array.from({ length: scaleBlockCount(layout) }, (_, block) => 1e-4 * (1 + (block % 5)));

  const expected = weights.slice();
  const mean = new Float32Array(layout.length);
  let block = 0;
  for (const { offset, length } of scaleBlocks(layout)) {
    for (let index = offset; index < offset + length; index += 1)
      mean[index] = Math.fround(sum[index]! * (scales[block]! / 3));
    block += 1;
  }
  const velocity = new Float32Array(layout.length);
  applyOuterStep(expected, velocity, mean, { learningRate: 1, momentum: 0.8 });

  const input = {
    layout,
    base,
    velocity: undefined,
    scales,
    sumPath,
    bits: 16 as const,
    survivorCount: 3,
    step: { learningRate: 1, momentum: 0.8 },
    workDirectory: join(directory, 'work'),
  };
  const candidate = await makeCandidate(input, blobs);
  await using made = await openSafetensors(blobs.filePath(candidate.candidate));
  for (const tensor of layout.tensors)
    assert.deepEqual(await made.readF32(tensor.name), expected.slice(tensor.offset, tensor.offset + tensor.length));
  assert.ok(candidate.finite && candidate.norm > 0);
  const again = await makeCandidate(input, blobs);
  assert.equal(again.candidate, candidate.candidate);
  assert.equal(again.velocity, candidate.velocity);
});

test('a sum that is shorter than the model makes no candidate', async () => {
  const model = presetConfig('tiny', 512, 32);
  const blobs = openFileBlobStore(join(directory, 'blobs'));
  const { digest: base } = await blobs.put(readFileSync(join(directory, 'base.safetensors')));
  writeFileSync(join(directory, 'short'), new Uint8Array(1_000));
  const layout = flatLayout(model);
  await assert.rejects(
    makeCandidate(
      {
        layout,
        base,
        velocity: undefined,
        scales: new Float32Array(scaleBlockCount(layout)),
        sumPath: join(directory, 'short'),
        bits: 16,
        survivorCount: 3,
        step: undefined,
        workDirectory: join(directory, 'work'),
      },
      blobs,
    ),
    RangeError,
  );
});
