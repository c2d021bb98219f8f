// SPDX-License-Identifier: Apache-2.0
import {
  type AdamwConstants,
  embeddingName,
  finalNormName,
  flatLayout,
  headName,
  headSize,
  type ModelConfig,
} from '@kiban/training';
import {
  add,
  embedding,
  linear,
  type RotaryTables,
  reshape,
  rmsNorm,
  rotary,
  scatterRows,
  swiGlu,
  transpose,
} from './differentiable-operations.ts';
import { GradientTape } from './gradient-tape.ts';
import { GraphBuilder, type GraphTensor } from './graph-builder.ts';

export interface GraphShape {
  readonly model: ModelConfig;
  /** B */
  readonly batchSize: number;
  /** S */
  readonly sequenceLength: number;
}

interface Forward {
  readonly builder: GraphBuilder;
  readonly tape: GradientTape;
  readonly parameters: ReadonlyMap<string, GraphTensor>;
  readonly ids: GraphTensor;
  /** [N, d], after the final norm. */
  readonly hidden: GraphTensor;
  readonly head: GraphTensor;
}

/** The largest [N, V] float32 matrix that a step may make. */
const largestLogitsBytes = 1 << 30;

function buildForward(shape: GraphShape): Forward {
  const { model, batchSize: batch, sequenceLength: length } = shape;
  const rows = batch * length;
  if (rows * model.vocabularySize * 4 > largestLogitsBytes)
    throw new RangeError(
      `batch ${batch} x ${length} tokens x vocabulary ${model.vocabularySize} needs more than 1 GiB for logits; use a smaller batch`,
    );
  const builder = new GraphBuilder();
  const tape = new GradientTape(builder);
  const ids = builder.input('ids', 'int32', [rows]);
  const parameters = new Map(
    flatLayout(model).tensors.map((tensor) => [
      tensor.name,
      builder.input(`p:${tensor.name}`, 'float32', tensor.shape),
    ]),
  );
  const parameter = (name: string) => parameters.get(name)!;
  const tables = rotaryTables(builder, shape);
  const mask = causalMask(builder, length);
  let x = embedding(tape, parameter(embeddingName), ids);
  for (let layer = 0; layer < model.layerCount; layer += 1) {
    const own = (name: string) => parameter(`model.layers.${layer}.${name}.weight`);
    const normed = rmsNorm(tape, x, own('input_layernorm'), model.rmsNormEpsilon);
    const attended = attention(tape, shape, normed, own, tables, mask);
    x = add(tape, x, linear(tape, attended, own('self_attn.o_proj')));
    const fed = rmsNorm(tape, x, own('post_attention_layernorm'), model.rmsNormEpsilon);
    const inner = swiGlu(tape, linear(tape, fed, own('mlp.gate_proj')), linear(tape, fed, own('mlp.up_proj')));
    x = add(tape, x, linear(tape, inner, own('mlp.down_proj')));
  }
  const hidden = rmsNorm(tape, x, parameter(finalNormName), model.rmsNormEpsilon);
  return { builder, tape, parameters, ids, hidden, head: parameter(model.tieEmbeddings ? embeddingName : headName) };
}

/** Grouped-query attention: keys and values are never expanded; [B, Hkv, G*S, D] against [B, Hkv, S, D]. */
function attention(
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

function rotaryTables(builder: GraphBuilder, { model, batchSize, sequenceLength }: GraphShape): RotaryTables {
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

function causalMask(builder: GraphBuilder, length: number): GraphTensor {
  const mask = Float32Array.from({ length: length * length }, (_, index) =>
    index % length > Math.floor(index / length) ? -1e9 : 0,
  );
  return builder.constantFloat(mask, [length, length]);
}

interface Loss {
  readonly loss: GraphTensor;
  readonly weight: GraphTensor;
}

/**
 * Weighted mean cross-entropy with the head's product, and its gradient in one pass over [N, V]: dh = wc (p W - W[target]),
 * dW = p^T (wc h) - scatter(wc h). It needs d(loss) = 1, so the loss is the root of the graph.
 */
function crossEntropy(forward: Forward, differentiate: boolean): Loss {
  const { builder, tape, hidden, head } = forward;
  const [rows, width] = hidden.shape as [number, number];
  const vocabulary = head.shape[0]!;
  const targets = builder.input('targets', 'int32', [rows]);
  const weight = builder.input('weight', 'float32', [rows]);
  const inverseWeight = builder.input('inverseWeight', 'float32', []);
  const column = builder.node(
    'Reshape',
    [builder.node('Mul', [weight, inverseWeight], [rows]), builder.constantInt64([rows, 1])],
    [rows, 1],
  );
  const logits = builder.node('Gemm', [hidden, head], [rows, vocabulary], { transB: 1 });
  const p = builder.node('Softmax', [logits], [rows, vocabulary], { axis: -1 });
  const targetColumn = builder.node('Unsqueeze', [targets, builder.constantInt64([1])], [rows, 1], {}, 'int32');
  const chosen = builder.node('GatherElements', [p, targetColumn], [rows, 1], { axis: 1 });
  const safe = builder.node('Max', [chosen, builder.scalar(1e-37)], [rows, 1]);
  const negative = builder.node('Neg', [builder.node('Log', [safe], [rows, 1])], [rows, 1]);
  const weighted = builder.node('Mul', [negative, column], [rows, 1]);
  const loss = builder.node('ReduceSum', [weighted], [], { keepdims: 0 }, 'float32', 'loss');
  if (differentiate) {
    const expected = builder.node('MatMul', [p, head], [rows, width]);
    const actual = builder.node('Gather', [head, targets], [rows, width], { axis: 0 });
    const difference = builder.node('Sub', [expected, actual], [rows, width]);
    tape.accumulate(hidden, builder.node('Mul', [difference, column], [rows, width]));
    const weightedHidden = builder.node('Mul', [hidden, column], [rows, width]);
    const outer = builder.node('Gemm', [p, weightedHidden], [vocabulary, width], { transA: 1 });
    const minus = builder.node('Neg', [weightedHidden], [rows, width]);
    tape.accumulate(head, scatterRows(tape, outer, targets, minus));
  }
  return { loss, weight };
}

/** Inputs: ids, targets, weight, inverseWeight, p:*. Outputs: loss, and g:* with the gradients; for tests. */
export function gradientGraph(shape: GraphShape): Uint8Array {
  const forward = buildForward(shape);
  const { builder, tape } = forward;
  builder.output(crossEntropy(forward, true).loss);
  tape.backward();
  for (const [name, parameter] of forward.parameters)
    builder.output(builder.node('Identity', [tape.gradient(parameter)], parameter.shape, {}, 'float32', `g:${name}`));
  return builder.finish('kiban-gradients');
}

/** Inputs as for gradients; output: loss. No trace in any state. */
export function evaluationGraph(shape: GraphShape): Uint8Array {
  const forward = buildForward(shape);
  forward.builder.output(crossEntropy(forward, false).loss);
  return forward.builder.finish('kiban-evaluation');
}

/** Inputs: ids, p:*. Output: logits [N, V]. */
export function logitsGraph(shape: GraphShape): Uint8Array {
  const forward = buildForward(shape);
  const { builder, hidden, head } = forward;
  builder.output(
    builder.node('Gemm', [hidden, head], [hidden.shape[0]!, head.shape[0]!], { transB: 1 }, 'float32', 'logits'),
  );
  return builder.finish('kiban-logits');
}

/**
 * One training step: forward, backward, clipping by the global norm, AdamW. Inputs: ids, targets, weight, inverseWeight, and rank-0
 * learningRate (already divided by 1 - beta1^t), secondCorrection 1/(1 - beta2^t), keep (1 - lr * decay), p:*, m:*, v:*. Outputs: loss, gradientNorm,
 * p2:*, m2:*, v2:*. Outputs may be the inputs' own memory: every gradient enters the norm and the norm scales every update, so all reads
 * of a weight precede its write.
 */
export function trainingStepGraph(shape: GraphShape, adamw: AdamwConstants): Uint8Array {
  const forward = buildForward(shape);
  const { builder, tape } = forward;
  const learningRate = builder.input('learningRate', 'float32', []);
  const secondCorrection = builder.input('secondCorrection', 'float32', []);
  const keep = builder.input('keep', 'float32', []);
  builder.output(crossEntropy(forward, true).loss);
  tape.backward();
  const tensors = flatLayout(shape.model).tensors;
  const squares = tensors.map((tensor) =>
    builder.node('ReduceSumSquare', [tape.gradient(forward.parameters.get(tensor.name)!)], [], { keepdims: 0 }),
  );
  const norm = builder.node('Sqrt', [builder.node('Sum', squares, [])], [], {}, 'float32', 'gradientNorm');
  builder.output(norm);
  const ratio = builder.node(
    'Div',
    [builder.scalar(adamw.clipNorm), builder.node('Add', [norm, builder.scalar(1e-6)], [])],
    [],
  );
  const factor = builder.node('Min', [ratio, builder.scalar(1)], []);
  for (const tensor of tensors) {
    const { shape: own, name } = tensor;
    const p = forward.parameters.get(name)!;
    const m = builder.input(`m:${name}`, 'float32', own);
    const v = builder.input(`v:${name}`, 'float32', own);
    const g = builder.node('Mul', [tape.gradient(p), factor], own);
    const newM = builder.node(
      'Add',
      [
        builder.node('Mul', [m, builder.scalar(adamw.beta1)], own),
        builder.node('Mul', [g, builder.scalar(1 - adamw.beta1)], own),
      ],
      own,
      {},
      'float32',
      `m2:${name}`,
    );
    const square = builder.node('Mul', [builder.node('Mul', [g, g], own), builder.scalar(1 - adamw.beta2)], own);
    const newV = builder.node(
      'Add',
      [builder.node('Mul', [v, builder.scalar(adamw.beta2)], own), square],
      own,
      {},
      'float32',
      `v2:${name}`,
    );
    const root = builder.node('Sqrt', [builder.node('Mul', [newV, secondCorrection], own)], own);
    const denominator = builder.node('Add', [root, builder.scalar(adamw.epsilon)], own);
    const change = builder.node('Mul', [builder.node('Div', [newM, denominator], own), learningRate], own);
    const kept = tensor.decays ? builder.node('Mul', [p, keep], own) : p;
    builder.output(builder.node('Sub', [kept, change], own, {}, 'float32', `p2:${name}`));
    builder.output(newM);
    builder.output(newV);
  }
  return builder.finish('kiban-training-step');
}
