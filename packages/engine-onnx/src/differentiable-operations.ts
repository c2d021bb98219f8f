// SPDX-License-Identifier: Apache-2.0

import type { GradientTape } from './gradient-tape.ts';
import type { GraphTensor } from './graph-builder.ts';

/** x [N, in], weight [out, in] -> [N, out]. Nothing is transposed in memory. */
export function linear(tape: GradientTape, x: GraphTensor, weight: GraphTensor): GraphTensor {
  const { builder } = tape;
  const [rows, columns] = x.shape as [number, number];
  const outputs = weight.shape[0]!;
  const y = builder.node('Gemm', [x, weight], [rows, outputs], { transB: 1 });
  tape.record(() => {
    const dy = tape.gradient(y);
    tape.accumulate(x, builder.node('MatMul', [dy, weight], [rows, columns]));
    tape.accumulate(weight, builder.node('Gemm', [dy, x], [outputs, columns], { transA: 1 }));
  });
  return y;
}

export function add(tape: GradientTape, a: GraphTensor, b: GraphTensor): GraphTensor {
  const y = tape.builder.node('Add', [a, b], a.shape);
  tape.record(() => {
    const dy = tape.gradient(y);
    tape.accumulate(a, dy);
    tape.accumulate(b, dy);
  });
  return y;
}

/** Root mean square normalisation (arXiv 1910.07467) over rows of x [N, d], gain [d]. */
export function rmsNorm(tape: GradientTape, x: GraphTensor, gain: GraphTensor, epsilon: number): GraphTensor {
  const { builder } = tape;
  const [rows, width] = x.shape as [number, number];
  const square = builder.node('Mul', [x, x], x.shape);
  const mean = builder.node('ReduceMean', [square, builder.constantInt64([1])], [rows, 1], { keepdims: 1 });
  const root = builder.node('Sqrt', [builder.node('Add', [mean, builder.scalar(epsilon)], [rows, 1])], [rows, 1]);
  const inverse = builder.node('Reciprocal', [root], [rows, 1]);
  const normalised = builder.node('Mul', [x, inverse], x.shape);
  const y = builder.node('Mul', [normalised, gain], x.shape);
  tape.record(() => {
    const dy = tape.gradient(y);
    const product = builder.node('Mul', [dy, normalised], x.shape);
    const ones = builder.constantFloat(new Float32Array(rows).fill(1), [1, rows]);
    const dGain = builder.node(
      'Reshape',
      [builder.node('MatMul', [ones, product], [1, width]), builder.constantInt64([width])],
      [width],
    );
    tape.accumulate(gain, dGain);
    const gainColumn = builder.node('Reshape', [gain, builder.constantInt64([width, 1])], [width, 1]);
    const share = builder.node('Mul', [gainColumn, builder.scalar(1 / width)], [width, 1]);
    const c = builder.node('MatMul', [product, share], [rows, 1]);
    const direct = builder.node('Mul', [dy, gain], x.shape);
    const along = builder.node('Mul', [normalised, c], x.shape);
    const difference = builder.node('Sub', [direct, along], x.shape);
    tape.accumulate(x, builder.node('Mul', [difference, inverse], x.shape));
  });
  return y;
}

/** SiLU(gate) * up, elementwise on [N, F] (arXiv 2002.05202). */
export function swiGlu(tape: GradientTape, gate: GraphTensor, up: GraphTensor): GraphTensor {
  const { builder } = tape;
  const shape = gate.shape;
  const sigmoid = builder.node('Sigmoid', [gate], shape);
  const silu = builder.node('Mul', [gate, sigmoid], shape);
  const y = builder.node('Mul', [silu, up], shape);
  tape.record(() => {
    const dy = tape.gradient(y);
    tape.accumulate(up, builder.node('Mul', [dy, silu], shape));
    // d silu / d gate = s + a s - a s s
    const product = builder.node('Mul', [silu, sigmoid], shape);
    const slope = builder.node('Sub', [builder.node('Add', [sigmoid, silu], shape), product], shape);
    tape.accumulate(gate, builder.node('Mul', [builder.node('Mul', [dy, up], shape), slope], shape));
  });
  return y;
}

export interface RotaryTables {
  readonly cosine: GraphTensor;
  readonly sine: GraphTensor;
  readonly negativeSine: GraphTensor;
  /** [B, S] int64 */
  readonly positions: GraphTensor;
}

/** Rotary positions in halves (RoFormer, arXiv 2104.09864; ONNX RotaryEmbedding): x [B, S, heads * D]. Its inverse is the same with -sin. */
export function rotary(tape: GradientTape, x: GraphTensor, headCount: number, tables: RotaryTables): GraphTensor {
  const { builder } = tape;
  const attributes = { interleaved: 0, num_heads: headCount };
  const y = builder.node('RotaryEmbedding', [x, tables.cosine, tables.sine, tables.positions], x.shape, attributes);
  tape.record(() => {
    const inputs = [tape.gradient(y), tables.cosine, tables.negativeSine, tables.positions];
    tape.accumulate(x, builder.node('RotaryEmbedding', inputs, x.shape, attributes));
  });
  return y;
}

export function reshape(tape: GradientTape, x: GraphTensor, shape: readonly number[]): GraphTensor {
  const { builder } = tape;
  const y = builder.node('Reshape', [x, builder.constantInt64(shape)], shape);
  tape.record(() => {
    tape.accumulate(x, builder.node('Reshape', [tape.gradient(y), builder.constantInt64(x.shape)], x.shape));
  });
  return y;
}

export function transpose(tape: GradientTape, x: GraphTensor, order: readonly number[]): GraphTensor {
  const { builder } = tape;
  const y = builder.node(
    'Transpose',
    [x],
    order.map((axis) => x.shape[axis]!),
    { perm: order },
  );
  const inverse = order.map((_, axis) => order.indexOf(axis));
  tape.record(() => tape.accumulate(x, builder.node('Transpose', [tape.gradient(y)], x.shape, { perm: inverse })));
  return y;
}

/** Gather of rows of table [V, d] by ids [N]; the gradient is scattered into what the table already collected. */
export function embedding(tape: GradientTape, table: GraphTensor, ids: GraphTensor): GraphTensor {
  const { builder } = tape;
  const shape = [ids.shape[0]!, table.shape[1]!];
  const y = builder.node('Gather', [table, ids], shape, { axis: 0 });
  tape.record(() => {
    const dy = tape.gradient(y);
    tape.replace(table, (known) => scatterRows(tape, known ?? zeros(tape, table.shape), ids, dy));
  });
  return y;
}

/** ScatterElements, never ScatterND: with several threads the latter loses updates to the same row. */
export function scatterRows(
  tape: GradientTape,
  into: GraphTensor,
  rows: GraphTensor,
  values: GraphTensor,
): GraphTensor {
  const { builder } = tape;
  const column = builder.node('Unsqueeze', [rows, builder.constantInt64([1])], [rows.shape[0]!, 1], {}, rows.type);
  const expanded = builder.node('Expand', [column, builder.constantInt64(values.shape)], values.shape, {}, rows.type);
  return builder.node('ScatterElements', [into, expanded, values], into.shape, { axis: 0, reduction: 'add' });
}

function zeros(tape: GradientTape, shape: readonly number[]): GraphTensor {
  return tape.builder.node('ConstantOfShape', [tape.builder.constantInt64(shape)], shape);
}
