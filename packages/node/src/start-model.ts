// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  heldOutShardName,
  prepareDataSet,
  readTexts,
  type TokenizerFile,
  tokenizerFromJson,
  trainingShardName,
  trainTokenizer,
} from '@kiban/corpus';
import { rootMeanSquare, writeSafetensors } from '@kiban/tensor';
import {
  adamwSchema,
  flatLayout,
  initialWeights,
  learningRateAt,
  modelConfigOf,
  type RunPlan,
  scaleBlockCount,
  scaleBlocks,
  type Trainer,
} from '@kiban/training';
import type { ActivityBoard } from './activity.ts';
import { problems } from './problems.ts';
import { readFloatFile } from './programme-trainer.ts';

export interface StartModelOptions {
  readonly plan: RunPlan;
  readonly trainer: Trainer;
  /** The public corpus as one JSON Lines file in a folder of its own. */
  readonly publicFolder: string;
  /** The tokenizer that the members agreed on; undefined: it is trained here, on the public corpus. */
  readonly tokenizerPath: string | undefined;
  readonly workDirectory: string;
  readonly threadCount: number;
  readonly activity: ActivityBoard;
  readonly signal: AbortSignal;
}

export interface StartModel {
  readonly tokenizerPath: string;
  readonly modelPath: string;
  readonly blockRmsPath: string;
  readonly publicLoss: number;
}

async function startTokenizer({
  tokenizerPath,
  publicFolder,
  plan,
  threadCount,
}: StartModelOptions): Promise<TokenizerFile> {
  if (tokenizerPath === undefined)
    return trainTokenizer(readTexts(publicFolder), { vocabularySize: plan.model.vocabularySize, threadCount });
  const json = await readFile(tokenizerPath, 'utf8');
  const tokenizer = tokenizerFromJson(json);
  if (tokenizer.vocabularySize !== plan.model.vocabularySize)
    throw problems.baseNotTrusted(`the agreed tokenizer has ${tokenizer.vocabularySize} tokens`);
  return { tokenizer, json };
}

/**
 * Start model, and tokenizer where none was agreed, from the public corpus alone; nothing of the member's own data is opened. The block scales of the first round come
 * from here too: how far public training moved the weights in as many steps, at the learning rate that the rounds begin with.
 */
export async function makeStartModel(options: StartModelOptions): Promise<StartModel> {
  const { plan, trainer, workDirectory, activity, signal } = options;
  await rm(workDirectory, { recursive: true, force: true });
  await mkdir(workDirectory, { recursive: true });
  activity.set('training-tokenizer', 0, 1, 'tokenizer');
  const { tokenizer, json } = await startTokenizer(options);
  const tokenizerPath = join(workDirectory, 'tokenizer.json');
  await writeFile(tokenizerPath, json);
  const data = join(workDirectory, 'public-tokens');
  await prepareDataSet({
    folder: options.publicFolder,
    source: 'public',
    tokenizer,
    sequenceLength: plan.model.contextLength,
    heldOutPerMille: 20,
    storeDirectory: join(workDirectory, 'public-store'),
    outputDirectory: data,
    signal,
  });
  const model = modelConfigOf(plan);
  const initialPath = join(workDirectory, 'initial.safetensors');
  const tensors = initialWeights(model, plan.seed);
  await writeSafetensors(
    initialPath,
    flatLayout(model).tensors.map((tensor) => ({
      name: tensor.name,
      dtype: 'F32' as const,
      shape: tensor.shape,
      data: () => (tensors.next().value as { data: Float32Array }).data,
    })),
  );

  await using session = await trainer.open({
    kind: 'federated',
    model,
    adamw: adamwSchema.parse({}),
    batchSize: plan.inner.batchSize,
    sequenceLength: plan.model.contextLength,
    threadCount: options.threadCount,
    workDirectory,
  });
  await session.load(initialPath);
  const schedule = {
    peak: plan.start.peakLearningRate,
    warmupSteps: Math.min(50, Math.floor(plan.start.steps / 4)),
    totalSteps: plan.start.steps,
    finalFraction: 0.1,
  };
  const sources = [{ path: join(data, trainingShardName), weight: 1 }];
  const measured = Math.min(plan.inner.steps, plan.start.steps);
  const run = (firstStep: number, stepCount: number) =>
    session.run(
      { firstStep, stepCount, schedule, seed: `${plan.seed}/start`, sources },
      {
        signal,
        onProgress: ({ step, loss }) =>
          activity.set('training-start', firstStep + step, plan.start.steps, 'steps', { loss }),
      },
    );
  await run(0, plan.start.steps - measured);
  const anchorPath = join(workDirectory, 'anchor.safetensors');
  await session.exportWeights(anchorPath);
  await session.load(anchorPath);
  await run(plan.start.steps - measured, measured);
  signal.throwIfAborted();
  const modelPath = join(workDirectory, 'start.safetensors');
  await session.exportWeights(modelPath);
  const deltaPath = join(workDirectory, 'delta.f32');
  await session.writeDelta(deltaPath);
  const evaluation = await session.evaluate({
    sources: [{ path: join(data, heldOutShardName), weight: 1 }],
    maximumTokens: plan.gate.heldOutTokens,
  });

  const meanRate =
    Array.from({ length: measured }, (_, index) =>
      learningRateAt(schedule, plan.start.steps - measured + index),
    ).reduce((sum, rate) => sum + rate, 0) / measured;
  const ratio = Math.max(1, plan.inner.peakLearningRate / meanRate);
  const layout = flatLayout(model);
  const delta = await readFloatFile(deltaPath);
  const blockRms = new Float32Array(scaleBlockCount(layout));
  let block = 0;
  for (const { offset, length } of scaleBlocks(layout)) {
    blockRms[block] = rootMeanSquare(delta.subarray(offset, offset + length)) * ratio;
    block += 1;
  }
  const blockRmsPath = join(workDirectory, 'block-rms.f32');
  await writeFile(blockRmsPath, new Uint8Array(blockRms.buffer));
  return { tokenizerPath, modelPath, blockRmsPath, publicLoss: evaluation.nats / Math.max(1, evaluation.tokens) };
}
