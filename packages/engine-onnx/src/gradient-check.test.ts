// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { flatLayout, initialWeights, type LayoutTensor, modelConfigSchema } from '@kiban/training';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder, type GraphTensor } from './graph-builder.ts';
import type { GraphShape } from './graph-shape.ts';
import { openSession } from './inference-session.ts';
import { evaluationGraph, gradientGraph } from './llama-graph.ts';

const shape: GraphShape = {
  model: modelConfigSchema.parse({
    hiddenSize: 32,
    layerCount: 2,
    headCount: 4,
    keyValueHeadCount: 2,
    feedForwardSize: 64,
    vocabularySize: 128,
    contextLength: 24,
  }),
  batchSize: 3,
  sequenceLength: 24,
};
const { tensors } = flatLayout(shape.model);
const rowCount = shape.batchSize * shape.sequenceLength;

test('gradients of every weight agree with differences of the loss', async () => {
  const errors = await gradientErrors(shape, new GraphBuilder());
  for (const [name, error] of errors) assert.ok(error <= 2e-4, `${name}: ${error}`);
});

test('gradients of a head of its own agree with differences of the loss', async () => {
  const untied = { ...shape, model: { ...shape.model, tieEmbeddings: false } };
  const errors = await gradientErrors(untied, new GraphBuilder());
  assert.ok(errors.has('lm_head.weight'));
  for (const [name, error] of errors) assert.ok(error <= 2e-4, `${name}: ${error}`);
});

const brokenRules: Readonly<Record<string, new () => GraphBuilder>> = {
  'the sign of the rotation': class extends GraphBuilder {
    #cosine: GraphTensor | undefined;
    #sine: GraphTensor | undefined;
    override node(...[operator, inputs, ...rest]: Parameters<GraphBuilder['node']>): GraphTensor {
      if (operator !== 'RotaryEmbedding') return super.node(operator, inputs, ...rest);
      this.#cosine ??= inputs[1]!;
      this.#sine ??= inputs[2]!;
      return super.node(operator, [inputs[0]!, this.#cosine, this.#sine, inputs[3]!], ...rest);
    }
  },
  'the row term of the softmax': class extends GraphBuilder {
    override node(...[operator, inputs, ...rest]: Parameters<GraphBuilder['node']>): GraphTensor {
      return operator === 'Sub' && rest[0].length === 4 ? inputs[0]! : super.node(operator, inputs, ...rest);
    }
  },
  'the mean term of the norm': class extends GraphBuilder {
    override node(...[operator, inputs, ...rest]: Parameters<GraphBuilder['node']>): GraphTensor {
      const made = super.node(operator, inputs, ...rest);
      const isMeanTerm = operator === 'MatMul' && rest[0].length === 2 && rest[0][1] === 1;
      return isMeanTerm ? super.node('Mul', [made, this.scalar(0)], made.shape) : made;
    }
  },
};

for (const [rule, Broken] of Object.entries(brokenRules)) {
  test(`the check notices when ${rule} is wrong`, async () => {
    const errors = [...(await gradientErrors(shape, new Broken())).values()];
    assert.ok(Math.max(...errors) >= 0.1, `largest error only ${Math.max(...errors)}`);
  });
}

test('the head in chunks of rows gives the loss and the gradients of the whole', async () => {
  const weights = noisyWeights(shape);
  const feeds = { ...batchFeeds(shape), ...weightFeeds(weights) };
  const whole = await runOnce(gradientGraph(shape, { headChunks: 1 }), feeds);
  for (const headChunks of [2, 4]) {
    const parts = await runOnce(gradientGraph(shape, { headChunks }), feeds);
    assert.ok(Math.abs(floats(parts.loss)[0]! - floats(whole.loss)[0]!) < 1e-6);
    for (const { name } of tensors) {
      const difference = distance(floats(parts[`g:${name}`]), floats(whole[`g:${name}`]));
      assert.ok(difference <= 1e-6 * norm(floats(whole[`g:${name}`])), `${headChunks} chunks, ${name}: ${difference}`);
    }
  }
});

/** Relative error of the slope along a direction near the gradient, fourth-order differences, the best of three widths, by tensor. */
async function gradientErrors(own: GraphShape, builder: GraphBuilder): Promise<Map<string, number>> {
  const weights = noisyWeights(own);
  const batch = batchFeeds(own);
  const gradients = await runOnce(gradientGraph(own, { builder }), { ...batch, ...weightFeeds(weights) });
  const evaluation = await openSession(evaluationGraph(own), 1);
  const lossAt = async (name: string, values: Float32Array) =>
    floats(
      (await evaluation.run({ ...batch, ...weightFeeds(weights), ...weightFeeds(new Map([[name, values]]), own) }))
        .loss,
    )[0]!;
  const random = new SeededRandom('direction');
  const errors = new Map<string, number>();
  for (const { name, length } of flatLayout(own.model).tensors) {
    const gradient = floats(gradients[`g:${name}`]);
    const size = norm(gradient);
    const noise = Float64Array.from({ length }, () => random.normal());
    const noiseSize = Math.hypot(...noise);
    const direction = noise.map((value, index) => gradient[index]! / size + (0.5 * value) / noiseSize);
    const slope = direction.reduce((sum, value, index) => sum + value * gradient[index]!, 0);
    const moved = (h: number) => weights.get(name)!.map((value, index) => value + h * direction[index]!);
    const estimates: number[] = [];
    for (const h of [0.1, 0.03, 0.01]) {
      const [a, b, c, d] = [
        await lossAt(name, moved(2 * h)),
        await lossAt(name, moved(h)),
        await lossAt(name, moved(-h)),
        await lossAt(name, moved(-2 * h)),
      ];
      estimates.push((-a + 8 * b - 8 * c + d) / (12 * h));
    }
    errors.set(name, Math.min(...estimates.map((estimate) => Math.abs(estimate - slope) / Math.abs(slope))));
  }
  await evaluation.release();
  return errors;
}

function noisyWeights({ model }: GraphShape): Map<string, Float32Array> {
  const random = new SeededRandom('noise');
  return new Map(
    [...initialWeights(model, 'check')].map(({ tensor, data }) => [
      tensor.name,
      data.map((value) => value + 0.15 * random.normal()),
    ]),
  );
}

function batchFeeds({ model }: GraphShape): Record<string, Tensor> {
  const random = new SeededRandom('batch');
  const draw = () => Int32Array.from({ length: rowCount }, () => random.below(model.vocabularySize));
  const weight = Float32Array.from({ length: rowCount }, (_, index) => (index % 5 === 0 ? 0 : 1));
  return {
    ids: new Tensor('int32', draw(), [rowCount]),
    targets: new Tensor('int32', draw(), [rowCount]),
    weight: new Tensor('float32', weight, [rowCount]),
    inverseWeight: new Tensor('float32', Float32Array.of(1 / weight.reduce((sum, value) => sum + value, 0)), []),
  };
}

function weightFeeds(weights: ReadonlyMap<string, Float32Array>, own: GraphShape = shape): Record<string, Tensor> {
  const shapes = new Map(flatLayout(own.model).tensors.map((tensor: LayoutTensor) => [tensor.name, tensor.shape]));
  const untiedShape = [own.model.vocabularySize, own.model.hiddenSize];
  return Object.fromEntries(
    [...weights].map(([name, values]) => [
      `p:${name}`,
      new Tensor('float32', values, [...(shapes.get(name) ?? untiedShape)]),
    ]),
  );
}

async function runOnce(graph: Uint8Array, feeds: Record<string, Tensor>): Promise<InferenceSession.OnnxValueMapType> {
  const session = await openSession(graph, 1);
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

function floats(value: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array {
  return (value as Tensor).data as Float32Array;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function distance(a: Float32Array, b: Float32Array): number {
  return norm(a.map((value, index) => value - b[index]!));
}
