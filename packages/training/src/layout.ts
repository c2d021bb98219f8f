// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Sha256Digest, sha256Hex } from '@kiban/core';
import { headSize, type ModelConfig } from './model-config.ts';

export interface LayoutTensor {
  /** Hugging Face's name, for example `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** [out, in] for matrices, [size] for norms. */
  readonly shape: readonly number[];
  /** In values, from the start of the flat vector. */
  readonly offset: number;
  readonly length: number;
  /** Weight decay applies to matrices, not to embedding and norms. */
  readonly decays: boolean;
}

/** The one order of a model's weights as a flat vector: what updates, masks and scales are about. No padding. */
export interface FlatLayout {
  readonly tensors: readonly LayoutTensor[];
  /** Values in all (the model's parameter count). */
  readonly length: number;
  readonly digest: Sha256Digest;
}

export const embeddingName = 'model.embed_tokens.weight';
export const headName = 'lm_head.weight';
export const finalNormName = 'model.norm.weight';

export function flatLayout(config: ModelConfig): FlatLayout {
  const hidden = config.hiddenSize;
  const size = headSize(config);
  const query = config.headCount * size;
  const keyValue = config.keyValueHeadCount * size;
  const list: { name: string; shape: readonly number[]; decays: boolean }[] = [
    { name: embeddingName, shape: [config.vocabularySize, hidden], decays: false },
  ];
  for (let layer = 0; layer < config.layerCount; layer += 1) {
    const prefix = `model.layers.${layer}`;
    list.push(
      { name: `${prefix}.input_layernorm.weight`, shape: [hidden], decays: false },
      { name: `${prefix}.self_attn.q_proj.weight`, shape: [query, hidden], decays: true },
      { name: `${prefix}.self_attn.k_proj.weight`, shape: [keyValue, hidden], decays: true },
      { name: `${prefix}.self_attn.v_proj.weight`, shape: [keyValue, hidden], decays: true },
      { name: `${prefix}.self_attn.o_proj.weight`, shape: [hidden, query], decays: true },
      { name: `${prefix}.post_attention_layernorm.weight`, shape: [hidden], decays: false },
      { name: `${prefix}.mlp.gate_proj.weight`, shape: [config.feedForwardSize, hidden], decays: true },
      { name: `${prefix}.mlp.up_proj.weight`, shape: [config.feedForwardSize, hidden], decays: true },
      { name: `${prefix}.mlp.down_proj.weight`, shape: [hidden, config.feedForwardSize], decays: true },
    );
  }
  list.push({ name: finalNormName, shape: [hidden], decays: false });
  if (!config.tieEmbeddings) list.push({ name: headName, shape: [config.vocabularySize, hidden], decays: true });
  let offset = 0;
  const tensors = list.map((entry): LayoutTensor => {
    const length = entry.shape.reduce((product, dimension) => product * dimension, 1);
    const tensor = { ...entry, offset, length };
    offset += length;
    return tensor;
  });
  return { tensors, length: offset, digest: sha256Hex(canonicalJson(tensors)) };
}

export function parameterCount(config: ModelConfig): number {
  return flatLayout(config).length;
}

/** Values per quantisation block; one scale each. */
export const scaleBlockLength = 4_096;

/** Blocks in flat order; none crosses a tensor, so the last one of a tensor may be short. */
export function* scaleBlocks(layout: FlatLayout): Generator<{ readonly offset: number; readonly length: number }> {
  for (const tensor of layout.tensors) {
    for (let start = 0; start < tensor.length; start += scaleBlockLength)
      yield { offset: tensor.offset + start, length: Math.min(scaleBlockLength, tensor.length - start) };
  }
}

export function scaleBlockCount(layout: FlatLayout): number {
  return layout.tensors.reduce((sum, tensor) => sum + Math.ceil(tensor.length / scaleBlockLength), 0);
}
