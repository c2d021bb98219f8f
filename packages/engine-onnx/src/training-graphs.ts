// SPDX-License-Identifier: Apache-2.0
import { type AdamwConstants, flatLayout, type TrainerSpec } from '@kiban/training';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Batch } from './batch-reader.ts';
import { FlatVector } from './flat-vector.ts';
import type { GraphShape } from './graph-shape.ts';
import { openSession } from './inference-session.ts';
import { evaluationGraph, trainingStepGraph } from './llama-graph.ts';

/** The graphs of a session and the memory that they work on: weights and moments are read and written in place. */
export class TrainingGraphs {
  readonly weights: FlatVector;
  readonly firstMoments: FlatVector;
  readonly secondMoments: FlatVector;
  readonly #shape: GraphShape;
  readonly #adamw: AdamwConstants;
  readonly #threadCount: number;
  readonly #stepSession: InferenceSession;
  readonly #weightFeeds: Record<string, Tensor> = {};
  readonly #stepFeeds: Record<string, Tensor> = {};
  readonly #stepFetches: Record<string, Tensor | null> = { loss: null, gradientNorm: null };
  #evaluation: InferenceSession | undefined;

  static async open(spec: TrainerSpec): Promise<TrainingGraphs> {
    return new TrainingGraphs(spec, await openSession(trainingStepGraph(spec, spec.adamw), spec.threadCount));
  }

  private constructor(spec: TrainerSpec, stepSession: InferenceSession) {
    this.#shape = spec;
    this.#adamw = spec.adamw;
    this.#threadCount = spec.threadCount;
    this.#stepSession = stepSession;
    const layout = flatLayout(spec.model);
    this.weights = new FlatVector(layout);
    this.firstMoments = new FlatVector(layout);
    this.secondMoments = new FlatVector(layout);
    for (const { name } of layout.tensors) {
      this.#weightFeeds[`p:${name}`] = this.#stepFetches[`p2:${name}`] = this.weights.tensor(name);
      this.#stepFeeds[`m:${name}`] = this.#stepFetches[`m2:${name}`] = this.firstMoments.tensor(name);
      this.#stepFeeds[`v:${name}`] = this.#stepFetches[`v2:${name}`] = this.secondMoments.tensor(name);
    }
  }

  /** @param adamStep counts from 1 since the moments were last zero; it corrects their bias. */
  async step(batch: Batch, learningRate: number, adamStep: number): Promise<{ loss: number; gradientNorm: number }> {
    const { beta1, beta2, weightDecay } = this.#adamw;
    const outputs = await this.#stepSession.run(
      {
        ...this.#weightFeeds,
        ...this.#stepFeeds,
        ...batchFeeds(batch),
        learningRate: scalar(learningRate / (1 - beta1 ** adamStep)),
        secondCorrection: scalar(1 / (1 - beta2 ** adamStep)),
        keep: scalar(1 - learningRate * weightDecay),
      },
      this.#stepFetches,
    );
    return { loss: firstValue(outputs.loss), gradientNorm: firstValue(outputs.gradientNorm) };
  }

  /** Weighted mean over the batch, nats per token. */
  async meanLoss(batch: Batch): Promise<number> {
    this.#evaluation ??= await openSession(evaluationGraph(this.#shape), this.#threadCount);
    return firstValue((await this.#evaluation.run({ ...this.#weightFeeds, ...batchFeeds(batch) })).loss);
  }

  async close(): Promise<void> {
    await this.#stepSession.release();
    await this.#evaluation?.release();
    this.#evaluation = undefined;
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
  return (tensor!.data as Float32Array)[0]!;
}
