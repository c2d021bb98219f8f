// SPDX-License-Identifier: Apache-2.0
import { headSize } from '@kiban/training';
import { linear, type RotaryTables, reshape, rotary, transpose } from './differentiable-operations.ts';
import type { GradientTape } from './gradient-tape.ts';
import type { GraphBuilder, GraphTensor } from './graph-builder.ts';
import type { GraphShape } from './graph-shape.ts';

/** Grouped-query attention: keys and values are never expanded; [B, Hkv, G*S, D] against [B, Hkv, S, D]. */
export function attention(
  tape: GradientTape,
  { model, batchSize: batch, sequenceLength: length }: GraphShape,
  x: GraphTensor,
  own: (name: string) => GraphTensor,
  tables: RotaryTables,
  mask: GraphTensor,
): GraphTensor {
  const { builder } = tape;
  const size = headSize(model);
  const { headCount: heads, keyValueHeadCount: groups } = model;
  const perGroup = heads / groups;
  const turned = (weight: GraphTensor, count: number) =>
    rotary(tape, reshape(tape, linear(tape, x, weight), [batch, length, count * size]), count, tables);
  const byHead = (flat: GraphTensor, count: number) =>
    transpose(tape, reshape(tape, flat, [batch, length, count, size]), [0, 2, 1, 3]);
  const q = reshape(tape, byHead(turned(own('self_attn.q_proj'), heads), heads), [
    batch,
    groups,
    perGroup * length,
    size,
  ]);
  const k = byHead(turned(own('self_attn.k_proj'), groups), groups);
  const v = byHead(linear(tape, x, own('self_attn.v_proj')), groups);

  const scale = builder.scalar(1 / Math.sqrt(size));
  const scoreShape = [batch, groups, perGroup * length, length];
  const wideShape = [batch, groups, perGroup, length, length];
  const transposed = (t: GraphTensor) =>
    builder.node('Transpose', [t], [t.shape[0]!, t.shape[1]!, t.shape[3]!, t.shape[2]!], { perm: [0, 1, 3, 2] });
  const to = (t: GraphTensor, shape: readonly number[]) =>
    builder.node('Reshape', [t, builder.constantInt64(shape)], shape);
  const scaled = builder.node('Mul', [q, scale], q.shape);
  const scores = builder.node('MatMul', [scaled, transposed(k)], scoreShape);
  const masked = builder.node('Add', [to(scores, wideShape), mask], wideShape);
  const weights = to(builder.node('Softmax', [masked], wideShape, { axis: -1 }), scoreShape);
  const mixed = builder.node('MatMul', [weights, v], q.shape);
  tape.record(() => {
    const dMixed = tape.gradient(mixed);
    tape.accumulate(v, builder.node('MatMul', [transposed(weights), dMixed], v.shape));
    const dWeights = builder.node('MatMul', [dMixed, transposed(v)], scoreShape);
    const product = builder.node('Mul', [dWeights, weights], scoreShape);
    const rowSum = builder.node('ReduceSum', [product, builder.constantInt64([-1])], [...scoreShape.slice(0, 3), 1], {
      keepdims: 1,
    });
    const dScores = builder.node('Sub', [product, builder.node('Mul', [weights, rowSum], scoreShape)], scoreShape);
    tape.accumulate(q, builder.node('Mul', [builder.node('MatMul', [dScores, k], q.shape), scale], q.shape));
    tape.accumulate(k, builder.node('MatMul', [transposed(dScores), scaled], k.shape));
  });
  const perHead = transpose(tape, reshape(tape, mixed, [batch, heads, length, size]), [0, 2, 1, 3]);
  return reshape(tape, perHead, [batch * length, heads * size]);
}

export function rotaryTables(builder: GraphBuilder, { model, batchSize, sequenceLength }: GraphShape): RotaryTables {
  const half = headSize(model) / 2;
  const angles = Float64Array.from(
    { length: sequenceLength * half },
    (_, index) => Math.floor(index / half) * model.ropeTheta ** (-(2 * (index % half)) / (2 * half)),
  );
  const table = (of: (angle: number) => number) =>
    builder.constantFloat(Float32Array.from(angles, of), [sequenceLength, half]);
  return {
    cosine: table(Math.cos),
    sine: table(Math.sin),
    negativeSine: table((angle) => -Math.sin(angle)),
    positions: builder.constantInt64(
      Array.from({ length: batchSize * sequenceLength }, (_, index) => index % sequenceLength),
      [batchSize, sequenceLength],
    ),
  };
}

export function causalMask(builder: GraphBuilder, length: number): GraphTensor {
  const mask = Float32Array.from({ length: length * length }, (_, index) =>
    index % length > Math.floor(index / length) ? -1e9 : 0,
  );
  return builder.constantFloat(mask, [length, length]);
}
