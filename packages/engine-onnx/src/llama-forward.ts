// SPDX-License-Identifier: Apache-2.0
import { embeddingName, finalNormName, flatLayout, headName } from '@kiban/training';
import { attention, causalMask, rotaryTables } from './attention.ts';
import { add, embedding, linear, rmsNorm, swiGlu } from './differentiable-operations.ts';
import { GradientTape } from './gradient-tape.ts';
import type { GraphBuilder, GraphTensor } from './graph-builder.ts';
import type { GraphShape } from './graph-shape.ts';

export interface Forward {
  readonly builder: GraphBuilder;
  readonly tape: GradientTape;
  /** By Hugging Face's name; inputs `p:NAME` of the graph. */
  readonly parameters: ReadonlyMap<string, GraphTensor>;
  /** [N, d], after the final norm. */
  readonly hidden: GraphTensor;
  /** [V, d], the embedding itself when tied. */
  readonly head: GraphTensor;
}

/** The decoder from ids [N] to hidden states; activations stay two-dimensional outside attention. */
export function llamaForward(builder: GraphBuilder, shape: GraphShape): Forward {
  const { model, batchSize, sequenceLength } = shape;
  const tape = new GradientTape(builder);
  const ids = builder.input('ids', 'int32', [batchSize * sequenceLength]);
  const parameters = new Map(
    flatLayout(model).tensors.map(({ name, shape: own }) => [name, builder.input(`p:${name}`, 'float32', own)]),
  );
  const parameter = (name: string) => parameters.get(name)!;
  const tables = rotaryTables(builder, shape);
  const mask = causalMask(builder, sequenceLength);
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
  return { builder, tape, parameters, hidden, head: parameter(model.tieEmbeddings ? embeddingName : headName) };
}
