// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { writeSafetensors } from '@kiban/tensor';
import {
  adamwSchema,
  createBatchOrder,
  flatLayout,
  initialWeights,
  learningRateAt,
  presetConfig,
  type TrainingProgress,
} from '@kiban/training';

const python = process.env.KIBAN_PYTHON ?? 'python3';
const skip =
  spawnSync(python, ['-c', 'import torch']).status === 0
    ? false
    : `${python} has no torch; set KIBAN_PYTHON to one that has`;

const [steps, batchSize, sequenceLength, rowCount] = [120, 4, 64, 64];
const model = presetConfig('tiny', 512, sequenceLength);
const layout = flatLayout(model);
const adamw = adamwSchema.parse({});
const schedule = { peak: 2e-3, warmupSteps: 20, totalSteps: steps, finalFraction: 0.1 };
const directory = mkdtempSync(join(tmpdir(), 'kiban-parity-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A made-up language in which two tokens mostly decide the next; some rows end in padding. */
function textRows(): Int32Array[] {
  const random = new SeededRandom('language');
  return Array.from({ length: rowCount }, (_, index) => {
    const row = new Int32Array(sequenceLength + 1);
    const end = index % 4 === 0 ? random.between(10, sequenceLength) : sequenceLength;
    for (let position = 0; position <= end; position += 1) {
      const known = position < 2 || random.chance(0.2);
      row[position] = 1 + (known ? random.below(511) : (row[position - 1]! * 7 + row[position - 2]! * 3) % 511);
    }
    return row;
  });
}

test('losses, gradient norms and weights follow those of PyTorch', { skip }, async () => {
  const rows = textRows();
  const shard = join(directory, 'text.bin');
  writeFileSync(shard, Uint16Array.from(rows.flatMap((row) => [...row])));
  const index = { sequenceLength, count: rowCount, vocabularySize: 512, tokenBytes: 2 };
  writeFileSync(join(directory, 'text.idx.json'), JSON.stringify(index));
  const initial = [...initialWeights(model, 'parity')];

  const weights = join(directory, 'start.safetensors');
  await writeSafetensors(
    weights,
    initial.map(({ tensor, data }) => ({ name: tensor.name, dtype: 'F32', shape: tensor.shape, data: () => data })),
  );
  const progress: TrainingProgress[] = [];
  const deltaPath = join(directory, 'delta.f32');
  {
    await using session = await createOnnxTrainer().open({
      kind: 'federated',
      model,
      adamw,
      batchSize,
      sequenceLength,
      threadCount: 1,
      workDirectory: directory,
    });
    await session.load(weights);
    await session.run(
      { firstStep: 0, stepCount: steps, schedule, seed: 'parity', sources: [{ path: shard, weight: 1 }] },
      { onProgress: (step) => progress.push(step) },
    );
    await session.writeDelta(deltaPath);
  }

  const start = Float32Array.from(initial.flatMap(({ data }) => [...data]));
  const trainedHere = floats(deltaPath).map((value, position) => start[position]! - value);
  const reference = runTorch(rows, start);
  const lossErrors = progress.map(({ loss }, step) => Math.abs(loss - reference.losses[step]!));
  const normErrors = progress.map(({ gradientNorm }, step) => Math.abs(gradientNorm / reference.norms[step]! - 1));
  const weightError =
    length(trainedHere.map((value, at) => value - reference.trained[at]!)) / length(reference.trained);
  console.log(
    `loss ${reference.losses[0]!.toFixed(3)} -> ${reference.losses.at(-1)!.toFixed(3)}; differences: step 1 ${lossErrors[0]!.toExponential(1)}, to 10 ${Math.max(...lossErrors.slice(0, 10)).toExponential(1)}, all ${Math.max(...lossErrors).toExponential(1)}, norms ${Math.max(...normErrors).toExponential(1)}, weights ${weightError.toExponential(1)}`,
  );
  assert.ok(reference.losses.at(-1)! < reference.losses[0]! - 0.5, 'the reference must learn');
  assert.ok(lossErrors[0]! <= 2e-6);
  assert.ok(Math.max(...lossErrors.slice(0, 10)) <= 1e-5);
  assert.ok(Math.max(...lossErrors) <= 1e-4);
  assert.ok(Math.max(...normErrors) <= 2e-3);
  assert.ok(weightError <= 5e-4);
});

function runTorch(rows: readonly Int32Array[], start: Float32Array) {
  const order = createBatchOrder({ sources: [{ sequenceCount: rowCount, weight: 1 }], batchSize, seed: 'parity' });
  const inOrder = Array.from({ length: steps }, (_, step) => order(step)).flat();
  const paths = {
    weights: join(directory, 'start.f32'),
    rows: join(directory, 'rows.i32'),
    trained: join(directory, 'trained.f32'),
  };
  writeFileSync(paths.weights, start);
  writeFileSync(paths.rows, Int32Array.from(inOrder.flatMap(({ sequence }) => [...rows[sequence]!])));
  const task = {
    ...paths,
    model,
    adamw,
    batchSize,
    learningRates: Array.from({ length: steps }, (_, step) => learningRateAt(schedule, step)),
    tensors: layout.tensors.map(({ name, shape, decays }) => [name, shape, decays]),
  };
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'torch_parity.py')], {
    input: JSON.stringify(task),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const { losses, norms } = JSON.parse(stdout) as { losses: number[]; norms: number[] };
  return { losses, norms, trained: floats(paths.trained) };
}

function floats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function length(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
