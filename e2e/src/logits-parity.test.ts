// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TokenizerFile, trainTokenizer } from '@kiban/corpus';
import { openLlamaProbe } from '@kiban/engine-llama';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { openSafetensors, writeSafetensors } from '@kiban/tensor';
import { adamwSchema, initialWeights, type ModelConfig, presetConfig } from '@kiban/training';
import { Tensor } from 'onnxruntime-node';
import { openSession } from '../../packages/engine-onnx/src/inference-session.ts';
import { logitsGraph } from '../../packages/engine-onnx/src/llama-graph.ts';
import { plantLines } from './plant-lines.ts';
import { writeGgufBeside } from './release-files.ts';

const sequenceLength = 64;
const sequences = 4;
const model: ModelConfig = presetConfig('tiny', 512, sequenceLength);

let directory: string;
let weightsPath: string;
let file: TokenizerFile;
let rows: readonly (readonly number[])[];
/** Of the training graph, by row and position. */
let reference: readonly (readonly Float32Array[])[];

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kiban-logits-'));
  const lines = plantLines('train', 3000);
  file = await trainTokenizer(lines, { vocabularySize: model.vocabularySize });
  const tokens = lines.flatMap((line) => [1, ...file.tokenizer.encode(line), 2]);
  rows = Array.from({ length: Math.floor(tokens.length / (sequenceLength + 1)) }, (_, row) =>
    tokens.slice(row * (sequenceLength + 1), (row + 1) * (sequenceLength + 1)),
  );
  weightsPath = await train();
  reference = await trainerLogits();
});
after(() => rm(directory, { recursive: true, force: true }));

test('a trained model has the logits of the training graph in llama.cpp from the float32 file', async () => {
  const largest = Math.max(...reference.flat().map((row) => Math.max(...row.map(Math.abs))));
  assert.ok(largest > 5, `the model must have learned something: largest logit ${largest}`);
  const difference = maximumDifference(await llamaLogits(model, 'F32'));
  assert.ok(difference <= 1e-4, `maximum difference ${difference}`);
});

test('the float16 file is close, and the quantised file keeps the distribution', async () => {
  const half = maximumDifference(await llamaLogits(model, 'F16'));
  assert.ok(half <= 2e-2, `maximum difference ${half}`);
  const quantised = await llamaLogits(model, 'Q8_0');
  const divergences = reference.flat().map((row, index) => divergence(row, quantised.flat()[index]!));
  const mean = divergences.reduce((sum, value) => sum + value, 0) / divergences.length;
  assert.ok(mean <= 1e-3, `mean divergence ${mean}`);
});

test('the comparison notices a wrong constant', async () => {
  for (const wrong of [{ rmsNormEpsilon: 1e-6 }, { ropeTheta: 500_000 }]) {
    const difference = maximumDifference(await llamaLogits({ ...model, ...wrong }, 'F32'));
    assert.ok(difference > 1e-2, `${JSON.stringify(wrong)}: only ${difference}`);
  }
});

/** Until logits are peaked: differences grow with them. */
async function train(): Promise<string> {
  const start = join(directory, 'start.safetensors');
  const tensors = [...initialWeights(model, 'parity')].map(({ tensor, data }) => ({
    name: tensor.name,
    shape: tensor.shape,
    dtype: 'F32' as const,
    data: () => data,
  }));
  await writeSafetensors(start, tensors);
  const shard = join(directory, 'text.bin');
  await writeFile(shard, new Uint8Array(Uint16Array.from(rows.flat()).buffer));
  const index = { sequenceLength, count: rows.length, vocabularySize: model.vocabularySize, tokenBytes: 2 };
  await writeFile(join(directory, 'text.idx.json'), JSON.stringify(index));
  await using session = await createOnnxTrainer().open({
    kind: 'sovereign',
    model,
    adamw: adamwSchema.parse({}),
    batchSize: 8,
    sequenceLength,
    threadCount: 1,
    workDirectory: directory,
  });
  await session.load(start);
  await session.run({
    firstStep: 0,
    stepCount: 150,
    schedule: { peak: 4e-3, warmupSteps: 20, totalSteps: 150, finalFraction: 0.1 },
    seed: 'parity',
    sources: [{ path: shard, weight: 1 }],
  });
  const path = join(directory, 'model.safetensors');
  await session.exportWeights(path);
  return path;
}

async function trainerLogits(): Promise<readonly (readonly Float32Array[])[]> {
  const session = await openSession(logitsGraph({ model, batchSize: sequences, sequenceLength }), 1);
  const ids = rows.slice(0, sequences).flatMap((row) => row.slice(0, sequenceLength));
  const feeds: Record<string, Tensor> = { ids: new Tensor('int32', Int32Array.from(ids), [ids.length]) };
  await using weights = await openSafetensors(weightsPath);
  for (const [name, { shape }] of weights.tensors) {
    feeds[`p:${name}`] = new Tensor('float32', await weights.readF32(name), shape);
  }
  const { logits } = await session.run(feeds);
  const values = logits?.data as Float32Array;
  await session.release();
  const position = (index: number) => values.slice(index * model.vocabularySize, (index + 1) * model.vocabularySize);
  return Array.from({ length: sequences }, (_, row) =>
    Array.from({ length: sequenceLength }, (__, at) => position(row * sequenceLength + at)),
  );
}

async function llamaLogits(
  shape: ModelConfig,
  type: 'F32' | 'F16' | 'Q8_0',
): Promise<readonly (readonly Float32Array[])[]> {
  await using probe = await openLlamaProbe(await writeGgufBeside(weightsPath, shape, file.tokenizer, type));
  const result = [];
  for (const row of rows.slice(0, sequences)) result.push(await probe.logitsFor(row.slice(0, sequenceLength)));
  return result;
}

function maximumDifference(other: readonly (readonly Float32Array[])[]): number {
  let maximum = 0;
  reference.flat().forEach((row, index) => {
    row.forEach((value, token) => {
      const difference = Math.abs(value - other.flat()[index]![token]!);
      // NaN must not pass as small.
      if (!(difference <= maximum)) maximum = difference;
    });
  });
  return maximum;
}

/** Kullback-Leibler, nats, of the second distribution from the first. */
function divergence(first: Float32Array, second: Float32Array): number {
  const p = logSoftmax(first);
  const q = logSoftmax(second);
  return p.reduce((sum, value, token) => sum + Math.exp(value) * (value - q[token]!), 0);
}

function logSoftmax(logits: Float32Array): number[] {
  const maximum = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - maximum), 0));
  return Array.from(logits, (logit) => logit - maximum - total);
}
