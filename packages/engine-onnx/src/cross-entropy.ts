// SPDX-License-Identifier: Apache-2.0
import { scatterRows } from './differentiable-operations.ts';
import type { GraphBuilder, GraphTensor } from './graph-builder.ts';
import type { Forward } from './llama-forward.ts';

/** Above this many bytes of logits the head works in chunks of rows. */
const largestLogitsBytes = 256 * 2 ** 20;

/** Chunks of rows in which the head computes its logits: the smallest divisor of the rows that keeps a chunk small. */
export function headChunkCount(rows: number, vocabularySize: number, limitBytes = largestLogitsBytes): number {
  let chunks = Math.max(1, Math.ceil((rows * vocabularySize * 4) / limitBytes));
  while (rows % chunks !== 0) chunks += 1;
  return chunks;
}

interface Inputs {
  readonly targets: GraphTensor;
  /** [N, 1] weight of each row in the mean. */
  readonly share: GraphTensor;
}

/** Loss only; rank 0, named `loss`. */
export function crossEntropyLoss(forward: Forward, chunkCount: number): GraphTensor {
  return head(forward, inputs(forward), chunkCount, false).loss;
}

/**
 * Weighted mean cross-entropy together with the head's product, and its gradient in one pass over [N, V]: with c the share of a row,
 * dh = c (p W - W[target]), dW = p^T (c h) minus c h at the target rows. This needs d(loss) = 1: the loss must be the root of the graph.
 */
export function crossEntropyWithGradient(forward: Forward, chunkCount: number): GraphTensor {
  const { builder, tape, hidden, head: weight } = forward;
  const given = inputs(forward);
  const { loss, dHidden, dWeight } = head(forward, given, chunkCount, true);
  tape.accumulate(hidden, dHidden!);
  const shared = builder.node('Mul', [hidden, given.share], hidden.shape);
  tape.accumulate(weight, scatterRows(tape, dWeight!, given.targets, builder.node('Neg', [shared], hidden.shape)));
  return loss;
}

function inputs({ builder, hidden }: Forward): Inputs {
  const rows = hidden.shape[0]!;
  const targets = builder.input('targets', 'int32', [rows]);
  const weight = builder.input('weight', 'float32', [rows]);
  const inverseWeight = builder.input('inverseWeight', 'float32', []);
  const flat = builder.node('Mul', [weight, inverseWeight], [rows]);
  return { targets, share: builder.node('Reshape', [flat, builder.constantInt64([rows, 1])], [rows, 1]) };
}

interface Head {
  readonly loss: GraphTensor;
  readonly dHidden?: GraphTensor;
  readonly dWeight?: GraphTensor;
}

function head(forward: Forward, { targets, share }: Inputs, chunkCount: number, differentiate: boolean): Head {
  const { builder, hidden, head: weight } = forward;
  const [rows, width] = hidden.shape as [number, number];
  const hiddenParts = split(builder, hidden, chunkCount);
  const targetParts = split(builder, targets, chunkCount);
  const shareParts = split(builder, share, chunkCount);
  const losses: GraphTensor[] = [];
  const dHiddenParts: GraphTensor[] = [];
  let dWeight: GraphTensor | undefined;
  let previous: GraphTensor | undefined;
  for (let part = 0; part < chunkCount; part += 1) {
    const [h, t, c] = [hiddenParts[part]!, targetParts[part]!, shareParts[part]!];
    const p = probabilities(builder, h, weight, previous);
    const loss = partLoss(builder, p, t, c);
    losses.push(loss);
    const finished = [loss];
    if (differentiate) {
      const expected = builder.node('MatMul', [p, weight], h.shape);
      const actual = builder.node('Gather', [weight, t], h.shape, { axis: 0 });
      const difference = builder.node('Sub', [expected, actual], h.shape);
      const dHidden = builder.node('Mul', [difference, c], h.shape);
      dHiddenParts.push(dHidden);
      const shared = builder.node('Mul', [h, c], h.shape);
      const terms = dWeight === undefined ? [p, shared] : [p, shared, dWeight];
      dWeight = builder.node('Gemm', terms, weight.shape, { transA: 1 });
      finished.push(corner(builder, dHidden), corner(builder, dWeight));
    }
    if (chunkCount > 1) previous = afterwards(builder, finished);
  }
  const sum = builder.node('Sum', losses, [], {}, 'float32', 'loss');
  if (dWeight === undefined) return { loss: sum };
  const dHidden =
    chunkCount === 1 ? dHiddenParts[0]! : builder.node('Concat', dHiddenParts, [rows, width], { axis: 0 });
  return { loss: sum, dHidden, dWeight };
}

/** Softmax of the chunk's logits. `after` is a zero that makes the chunk wait for the one before, so that its memory is free by then. */
function probabilities(
  builder: GraphBuilder,
  h: GraphTensor,
  weight: GraphTensor,
  after: GraphTensor | undefined,
): GraphTensor {
  const shape = [h.shape[0]!, weight.shape[0]!];
  const logits = builder.node('Gemm', after === undefined ? [h, weight] : [h, weight, after], shape, { transB: 1 });
  return builder.node('Softmax', [logits], shape, { axis: -1 });
}

function partLoss(builder: GraphBuilder, p: GraphTensor, targets: GraphTensor, share: GraphTensor): GraphTensor {
  const shape = share.shape;
  const column = builder.node('Unsqueeze', [targets, builder.constantInt64([1])], shape, {}, 'int32');
  const chosen = builder.node('GatherElements', [p, column], shape, { axis: 1 });
  const logarithm = builder.node('Log', [builder.node('Max', [chosen, builder.scalar(1e-37)], shape)], shape);
  const weighted = builder.node('Mul', [builder.node('Neg', [logarithm], shape), share], shape);
  return builder.node('ReduceSum', [weighted], [], { keepdims: 0 });
}

/** Zero, once every reader of the chunk's probabilities has run. */
function afterwards(builder: GraphBuilder, finished: readonly GraphTensor[]): GraphTensor {
  const sum = builder.node('Sum', finished, finished.at(-1)!.shape);
  return builder.node('Mul', [sum, builder.scalar(0)], sum.shape);
}

function corner(builder: GraphBuilder, matrix: GraphTensor): GraphTensor {
  const bounds = [builder.constantInt64([0, 0]), builder.constantInt64([1, 1])];
  return builder.node('Slice', [matrix, ...bounds], [1, 1]);
}

function split(builder: GraphBuilder, tensor: GraphTensor, count: number): readonly GraphTensor[] {
  if (count === 1) return [tensor];
  const shape = [tensor.shape[0]! / count, ...tensor.shape.slice(1)];
  return builder.nodes('Split', [tensor], count, shape, { axis: 0, num_outputs: count }, tensor.type);
}
