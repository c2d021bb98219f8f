// SPDX-License-Identifier: Apache-2.0
import { type AdamwConstants, flatLayout } from '@kiban/training';
import { adamwUpdate } from './adamw-update.ts';
import { crossEntropyLoss, crossEntropyWithGradient, headChunkCount } from './cross-entropy.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { GraphShape } from './graph-shape.ts';
import { llamaForward } from './llama-forward.ts';

// Every graph takes ids [N] int32 and the weights `p:*`; those with a loss also targets [N] int32, weight [N] and inverseWeight (rank 0, one over
// the sum of weight). Weights are inputs: one graph serves any number of checkpoints.

function chunksOf({ model, batchSize, sequenceLength }: GraphShape): number {
  return headChunkCount(batchSize * sequenceLength, model.vocabularySize);
}

/** One step: forward, backward, clipping, AdamW. Outputs: `loss` and what {@link adamwUpdate} tells. */
export function trainingStepGraph(shape: GraphShape, adamw: AdamwConstants): Uint8Array {
  const builder = new GraphBuilder();
  const forward = llamaForward(builder, shape);
  builder.output(crossEntropyWithGradient(forward, chunksOf(shape)));
  forward.tape.backward();
  adamwUpdate(forward, flatLayout(shape.model), adamw);
  return builder.finish('kiban-training-step');
}

/** Output: `loss`, the weighted mean. */
export function evaluationGraph(shape: GraphShape): Uint8Array {
  const builder = new GraphBuilder();
  builder.output(crossEntropyLoss(llamaForward(builder, shape), chunksOf(shape)));
  return builder.finish('kiban-evaluation');
}

export interface GradientGraphOptions {
  readonly headChunks?: number;
  /** Tests give one that breaks a rule. */
  readonly builder?: GraphBuilder;
}

/** Outputs: `loss`, and `g:*` with the gradient of every weight. */
export function gradientGraph(shape: GraphShape, options: GradientGraphOptions = {}): Uint8Array {
  const builder = options.builder ?? new GraphBuilder();
  const forward = llamaForward(builder, shape);
  builder.output(crossEntropyWithGradient(forward, options.headChunks ?? chunksOf(shape)));
  forward.tape.backward();
  for (const [name, parameter] of forward.parameters) {
    const gradient = forward.tape.gradient(parameter);
    builder.output(builder.node('Identity', [gradient], parameter.shape, {}, 'float32', `g:${name}`));
  }
  return builder.finish('kiban-gradients');
}

/** Output: `logits` [N, V]. */
export function logitsGraph(shape: GraphShape): Uint8Array {
  const builder = new GraphBuilder();
  const { hidden, head } = llamaForward(builder, shape);
  const logits = [hidden.shape[0]!, head.shape[0]!];
  builder.output(builder.node('Gemm', [hidden, head], logits, { transB: 1 }, 'float32', 'logits'));
  return builder.finish('kiban-logits');
}
