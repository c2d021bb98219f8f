// SPDX-License-Identifier: Apache-2.0
import { writeFileDurably } from '@kiban/core';
import { openSafetensors, writeSafetensors } from '@kiban/tensor';
import {
  createBatchOrder,
  type Evaluation,
  type EvaluationRequest,
  type FederatedSession,
  flatLayout,
  learningRateAt,
  type RunOptions,
  type SequenceReference,
  type TrainerSpec,
  type TrainingOutcome,
  type TrainingRequest,
} from '@kiban/training';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type Batch, BatchReader } from './batch-reader.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
import { openSession } from './inference-session.ts';
import { evaluationGraph, trainingStepGraph } from './llama-graph.ts';
import { trainerProblem } from './trainer-problems.ts';
import { FlatVector } from './weight-store.ts';

/**
 * A training session in this process: `session.run` blocks the thread for a whole step, so it lives in a trainer process of its own
 * (`trainer-process.ts`). Weights and moments are updated in place in shared memory.
 */
export async function openOnnxSession(spec: TrainerSpec): Promise<FederatedSession> {
  if (spec.sequenceLength > spec.model.contextLength)
    throw trainerProblem(
      'bad-config',
      `sequences of ${spec.sequenceLength} tokens exceed the context of ${spec.model.contextLength}`,
    );
  const layout = flatLayout(spec.model);
  const shape = { model: spec.model, batchSize: spec.batchSize, sequenceLength: spec.sequenceLength };
  const stepSession = await openSession(trainingStepGraph(shape, spec.adamw), spec.threadCount);
  let evaluationSession: InferenceSession | undefined;
  const weights = new FlatVector(layout);
  const firstMoments = new FlatVector(layout);
  const secondMoments = new FlatVector(layout);
  const anchor = new Float32Array(layout.length);
  let adamSteps = 0;
  let loaded = false;

  const stepFeeds: Record<string, Tensor> = {};
  const stepFetches: Record<string, Tensor | null> = { loss: null, gradientNorm: null };
  for (const { name } of layout.tensors) {
    stepFeeds[`p:${name}`] = stepFetches[`p2:${name}`] = weights.tensor(name);
    stepFeeds[`m:${name}`] = stepFetches[`m2:${name}`] = firstMoments.tensor(name);
    stepFeeds[`v:${name}`] = stepFetches[`v2:${name}`] = secondMoments.tensor(name);
  }

  const session: FederatedSession = {
    kind: spec.kind,

    async load(path) {
      await using file = await openSafetensors(path);
      const names = new Set(layout.tensors.map((tensor) => tensor.name));
      for (const name of file.tensors.keys())
        if (!names.has(name)) throw trainerProblem('bad-weights', `${path}: tensor ${name} is not part of the model`);
      for (const tensor of layout.tensors) {
        const stored = file.tensors.get(tensor.name);
        if (stored === undefined) throw trainerProblem('bad-weights', `${path}: tensor ${tensor.name} is missing`);
        if (stored.shape.join('x') !== tensor.shape.join('x'))
          throw trainerProblem(
            'bad-weights',
            `${path}: tensor ${tensor.name} is ${stored.shape.join('x')}, the model needs ${tensor.shape.join('x')}`,
          );
        weights.values.set(await file.readF32(tensor.name), tensor.offset);
      }
      anchor.set(weights.values);
      loaded = true;
    },

    async run(request: TrainingRequest, options: RunOptions = {}): Promise<TrainingOutcome> {
      requireLoaded();
      const reader = openReader(request.sources);
      try {
        const order = createBatchOrder({
          sources: request.sources.map((source, index) => ({
            sequenceCount: reader.sequenceCounts()[index]!,
            weight: source.weight,
          })),
          batchSize: spec.batchSize,
          seed: request.seed,
        });
        let lossSum = 0;
        let tokens = 0;
        let done = 0;
        for (; done < request.stepCount && options.signal?.aborted !== true; done += 1) {
          const step = request.firstStep + done;
          const batch = reader.read(order(step));
          const { loss, gradientNorm } = await trainStep(batch, learningRateAt(request.schedule, step));
          if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
            throw trainerProblem('diverged', `step ${step}: the loss is not finite; lower the learning rate`);
          lossSum += loss;
          tokens += batch.weightSum;
          options.onProgress?.({ step: done + 1, loss, gradientNorm, tokens });
          // Lets requests to stop be read between steps.
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        return {
          stepsDone: done,
          meanLoss: done === 0 ? 0 : lossSum / done,
          tokens,
          aborted: done < request.stepCount,
        };
      } finally {
        reader.close();
      }
    },

    async evaluate(request: EvaluationRequest): Promise<Evaluation> {
      requireLoaded();
      evaluationSession ??= await openSession(evaluationGraph(shape), spec.threadCount);
      const reader = openReader(request.sources);
      try {
        const rows = reader
          .sequenceCounts()
          .flatMap((count, source) => Array.from({ length: count }, (_, sequence) => ({ source, sequence })));
        const limit = request.maximumTokens ?? Number.POSITIVE_INFINITY;
        let nats = 0;
        let tokens = 0;
        let used = 0;
        for (let start = 0; start < rows.length && tokens < limit; start += spec.batchSize) {
          const references: SequenceReference[] = rows.slice(start, start + spec.batchSize);
          const batch = reader.read(references);
          nats += (await evaluateBatch(evaluationSession, batch)) * batch.weightSum;
          tokens += batch.weightSum;
          used += references.length;
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        return {
          nats,
          tokens,
          textBytes: rows.length === 0 ? 0 : Math.round((reader.textBytes() * used) / rows.length),
        };
      } finally {
        reader.close();
      }
    },

    async exportWeights(path) {
      requireLoaded();
      await writeSafetensors(
        path,
        layout.tensors.map((tensor) => ({
          name: tensor.name,
          dtype: 'F32' as const,
          shape: tensor.shape,
          data: () => weights.values.slice(tensor.offset, tensor.offset + tensor.length),
        })),
      );
    },

    async writeDelta(path) {
      requireLoaded();
      if (spec.kind !== 'federated') throw trainerProblem('bad-config', 'a sovereign session has no update');
      await writeFileDurably(path, deltaChunks());
    },

    async saveCheckpoint(path) {
      requireLoaded();
      await writeCheckpoint(path, { layoutDigest: layout.digest, adamSteps, vectors: state() });
    },

    async resumeCheckpoint(path) {
      adamSteps = await readCheckpoint(path, layout.digest, state());
      loaded = true;
    },

    async resetMoments() {
      firstMoments.values.fill(0);
      secondMoments.values.fill(0);
      adamSteps = 0;
    },

    async close() {
      await stepSession.release();
      await evaluationSession?.release();
    },

    async [Symbol.asyncDispose]() {
      await session.close();
    },
  };
  return session;

  function state(): Float32Array[] {
    return [weights.values, firstMoments.values, secondMoments.values, anchor];
  }

  function requireLoaded(): void {
    if (!loaded) throw trainerProblem('bad-config', 'no weights were loaded');
  }

  function openReader(sources: TrainingRequest['sources']): BatchReader {
    try {
      return new BatchReader(sources, spec.batchSize, spec.sequenceLength);
    } catch (error) {
      throw trainerProblem(
        'data-missing',
        error instanceof Error ? error.message : 'a token shard cannot be read',
        error,
      );
    }
  }

  async function trainStep(batch: Batch, learningRate: number): Promise<{ loss: number; gradientNorm: number }> {
    adamSteps += 1;
    const { beta1, beta2, weightDecay } = spec.adamw;
    const outputs = await stepSession.run(
      {
        ...stepFeeds,
        ...batchFeeds(batch),
        learningRate: scalar(learningRate / (1 - beta1 ** adamSteps)),
        secondCorrection: scalar(1 / (1 - beta2 ** adamSteps)),
        keep: scalar(1 - learningRate * weightDecay),
      },
      stepFetches,
    );
    return { loss: firstValue(outputs.loss), gradientNorm: firstValue(outputs.gradientNorm) };
  }

  async function evaluateBatch(evaluation: InferenceSession, batch: Batch): Promise<number> {
    if (batch.weightSum === 0) return 0;
    const feeds: Record<string, Tensor> = batchFeeds(batch);
    for (const { name } of layout.tensors) feeds[`p:${name}`] = weights.tensor(name);
    return firstValue((await evaluation.run(feeds)).loss);
  }

  function* deltaChunks(): Generator<Uint8Array> {
    const chunk = 1 << 20;
    for (let start = 0; start < layout.length; start += chunk) {
      const part = anchor.slice(start, start + chunk);
      for (let index = 0; index < part.length; index += 1) part[index] = part[index]! - weights.values[start + index]!;
      yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    }
  }
}

function batchFeeds(batch: Batch): Record<string, Tensor> {
  const rows = [batch.ids.length];
  return {
    ids: new Tensor('int32', batch.ids, rows),
    targets: new Tensor('int32', batch.targets, rows),
    weight: new Tensor('float32', batch.weight, rows),
    inverseWeight: scalar(1 / Math.max(1, batch.weightSum)),
  };
}

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}

function firstValue(tensor: Tensor | undefined): number {
  if (tensor === undefined) throw new TypeError('the graph gave no such output');
  return (tensor.data as Float32Array)[0]!;
}
