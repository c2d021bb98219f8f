// SPDX-License-Identifier: Apache-2.0
import type { AdamwConstants, FlatLayout } from '@kiban/training';
import type { GraphTensor } from './graph-builder.ts';
import type { Forward } from './llama-forward.ts';

/**
 * Clipping by the global norm and AdamW (arXiv 1711.05101) as PyTorch computes them. Inputs, rank 0: `learningRate` (already divided by 1 - beta1^t),
 * `secondCorrection` 1/(1 - beta2^t), `keep` 1 - learningRate * decay; `m:*` and `v:*`. Outputs: `gradientNorm`, `p2:*`, `m2:*`, `v2:*`.
 *
 * The outputs may be the inputs' own memory: every gradient enters the norm and the norm scales every update, so all reads of a weight precede its
 * write, and the last node of each output is elementwise. Whoever changes the clipping must see to that again.
 */
export function adamwUpdate({ builder, tape, parameters }: Forward, layout: FlatLayout, adamw: AdamwConstants): void {
  const learningRate = builder.input('learningRate', 'float32', []);
  const secondCorrection = builder.input('secondCorrection', 'float32', []);
  const keep = builder.input('keep', 'float32', []);
  const factor = clipFactor();
  for (const { name, shape, decays } of layout.tensors) {
    const node = (operator: string, inputs: readonly GraphTensor[], output?: string) =>
      builder.node(operator, inputs, shape, {}, 'float32', output);
    const blend = (old: GraphTensor, beta: number, fresh: GraphTensor, output: string) =>
      node('Add', [node('Mul', [old, builder.scalar(beta)]), node('Mul', [fresh, builder.scalar(1 - beta)])], output);
    const p = parameters.get(name)!;
    const m = builder.input(`m:${name}`, 'float32', shape);
    const v = builder.input(`v:${name}`, 'float32', shape);
    const g = node('Mul', [tape.gradient(p), factor]);
    const newM = blend(m, adamw.beta1, g, `m2:${name}`);
    const newV = blend(v, adamw.beta2, node('Mul', [g, g]), `v2:${name}`);
    const root = node('Sqrt', [node('Mul', [newV, secondCorrection])]);
    const denominator = node('Add', [root, builder.scalar(adamw.epsilon)]);
    const change = node('Mul', [node('Div', [newM, denominator]), learningRate]);
    const kept = decays ? node('Mul', [p, keep]) : p;
    for (const output of [node('Sub', [kept, change], `p2:${name}`), newM, newV]) builder.output(output);
  }

  function clipFactor(): GraphTensor {
    const squares = layout.tensors.map(({ name }) =>
      builder.node('ReduceSumSquare', [tape.gradient(parameters.get(name)!)], [], { keepdims: 0 }),
    );
    const norm = builder.node('Sqrt', [builder.node('Sum', squares, [])], [], {}, 'float32', 'gradientNorm');
    builder.output(norm);
    const padded = builder.node('Add', [norm, builder.scalar(1e-6)], []);
    return builder.node(
      'Min',
      [builder.node('Div', [builder.scalar(adamw.clipNorm), padded], []), builder.scalar(1)],
      [],
    );
  }
}
