// SPDX-License-Identifier: Apache-2.0

import type { GgufTensorType, GgufValue } from './gguf-types.ts';
import { type GgufTensorToWrite, writeGguf } from './gguf-writer.ts';
import { halvesToNeighbours } from './rope-permutation.ts';
import type { SafetensorsFile } from './safetensors-reader.ts';

/** The figures of a Llama-architecture model that GGUF must know. */
export interface LlamaShape {
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly feedForwardSize: number;
  readonly vocabularySize: number;
  readonly contextLength: number;
  readonly ropeTheta: number;
  readonly rmsNormEpsilon: number;
  readonly tieEmbeddings: boolean;
}

/** A byte-level BPE tokenizer as GGUF holds it (`gpt2`, split as `qwen2`). */
export interface GgufTokenizer {
  /** In the byte alphabet, by id. */
  readonly tokens: readonly string[];
  readonly merges: readonly string[];
  /** 1 normal, 3 control, 4 user-defined. */
  readonly tokenTypes: readonly number[];
  readonly beginId: number;
  readonly endId: number;
  readonly paddingId: number;
  /** Ends an answer. */
  readonly endOfTurnId: number;
}

export interface LlamaGguf {
  readonly name: string;
  readonly shape: LlamaShape;
  readonly tokenizer: GgufTokenizer;
  readonly chatTemplate: string;
  /** Hugging Face's names and layout. */
  readonly weights: SafetensorsFile;
  /** Of the matrices; vectors stay float32, and rows that Q8_0 does not divide become float16. */
  readonly matrixType: GgufTensorType;
}

const fileTypeCodes = { F32: 0, F16: 1, Q8_0: 7 } as const;

/** A release's `model.gguf` from its safetensors, streaming. */
export async function writeLlamaGguf(path: string, model: LlamaGguf): Promise<void> {
  await writeGguf(path, metadataOf(model), [...tensorsOf(model)]);
}

function metadataOf({ name, shape, tokenizer, chatTemplate, matrixType }: LlamaGguf): Map<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  const float32 = (value: number): GgufValue => ({ type: 'float32', value });
  const string = (value: string): GgufValue => ({ type: 'string', value });
  return new Map<string, GgufValue>([
    ['general.architecture', string('llama')],
    ['general.name', string(name)],
    ['general.alignment', uint32(32)],
    ['general.file_type', uint32(fileTypeCodes[matrixType])],
    ['llama.context_length', uint32(shape.contextLength)],
    ['llama.embedding_length', uint32(shape.hiddenSize)],
    ['llama.block_count', uint32(shape.layerCount)],
    ['llama.feed_forward_length', uint32(shape.feedForwardSize)],
    ['llama.attention.head_count', uint32(shape.headCount)],
    ['llama.attention.head_count_kv', uint32(shape.keyValueHeadCount)],
    ['llama.attention.layer_norm_rms_epsilon', float32(shape.rmsNormEpsilon)],
    ['llama.rope.freq_base', float32(shape.ropeTheta)],
    ['llama.rope.dimension_count', uint32(shape.hiddenSize / shape.headCount)],
    ['llama.vocab_size', uint32(shape.vocabularySize)],
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('qwen2')],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokenizer.tokens }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: tokenizer.tokenTypes }],
    ['tokenizer.ggml.merges', { type: 'strings', value: tokenizer.merges }],
    ['tokenizer.ggml.bos_token_id', uint32(tokenizer.beginId)],
    ['tokenizer.ggml.eos_token_id', uint32(tokenizer.endOfTurnId)],
    ['tokenizer.ggml.eot_token_id', uint32(tokenizer.endOfTurnId)],
    ['tokenizer.ggml.padding_token_id', uint32(tokenizer.paddingId)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
    ['tokenizer.chat_template', string(chatTemplate)],
  ]);
}

function* tensorsOf({ shape, weights, matrixType }: LlamaGguf): Generator<GgufTensorToWrite> {
  const headSize = shape.hiddenSize / shape.headCount;
  const tensor = (from: string, to: string, headCount?: number): GgufTensorToWrite => {
    const stored = weights.tensors.get(from);
    if (stored === undefined) throw new RangeError(`the weights have no tensor ${from}`);
    const isMatrix = stored.shape.length > 1;
    const fits = stored.shape.at(-1)! % 32 === 0;
    return {
      name: to,
      shape: stored.shape,
      type: !isMatrix ? 'F32' : matrixType === 'Q8_0' && !fits ? 'F16' : matrixType,
      data: async () => {
        const values = await weights.readF32(from);
        return headCount === undefined ? values : halvesToNeighbours(values, headCount, headSize);
      },
    };
  };
  yield tensor('model.embed_tokens.weight', 'token_embd.weight');
  for (let layer = 0; layer < shape.layerCount; layer += 1) {
    const from = `model.layers.${layer}`;
    const to = `blk.${layer}`;
    yield tensor(`${from}.input_layernorm.weight`, `${to}.attn_norm.weight`);
    yield tensor(`${from}.self_attn.q_proj.weight`, `${to}.attn_q.weight`, shape.headCount);
    yield tensor(`${from}.self_attn.k_proj.weight`, `${to}.attn_k.weight`, shape.keyValueHeadCount);
    yield tensor(`${from}.self_attn.v_proj.weight`, `${to}.attn_v.weight`);
    yield tensor(`${from}.self_attn.o_proj.weight`, `${to}.attn_output.weight`);
    yield tensor(`${from}.post_attention_layernorm.weight`, `${to}.ffn_norm.weight`);
    yield tensor(`${from}.mlp.gate_proj.weight`, `${to}.ffn_gate.weight`);
    yield tensor(`${from}.mlp.up_proj.weight`, `${to}.ffn_up.weight`);
    yield tensor(`${from}.mlp.down_proj.weight`, `${to}.ffn_down.weight`);
  }
  yield tensor('model.norm.weight', 'output_norm.weight');
  if (!shape.tieEmbeddings) yield tensor('lm_head.weight', 'output.weight');
}
