// SPDX-License-Identifier: Apache-2.0
import { modelNotConvertible } from './format-problems.ts';
import type { GgufTensorType, GgufValue } from './gguf-types.ts';
import { writeGguf } from './gguf-writer.ts';
import { type LlamaShape, llamaGgufTensors } from './llama-gguf-tensors.ts';
import type { SafetensorsFile } from './safetensors-reader.ts';

/** A byte-level BPE tokenizer as GGUF holds it (`gpt2`, split as `qwen2`). */
export interface GgufTokenizer {
  /** In the byte alphabet, by id; each one once. */
  readonly tokens: readonly string[];
  /** Pairs with a space between; may be empty. */
  readonly merges: readonly string[];
  /** By id: 1 normal, 3 control, 4 user-defined. */
  readonly tokenTypes: readonly number[];
  readonly beginId: number;
  /** Ends a document. */
  readonly endId: number;
  readonly paddingId: number;
  /** Ends an answer. llama.cpp stops at it; without one it stops at `endId`. */
  readonly endOfTurnId?: number;
  /** Whether llama.cpp puts `beginId` in front of a prompt: only where training did. Default: false. */
  readonly addBegin?: boolean;
}

export interface LlamaGguf {
  readonly name: string;
  readonly shape: LlamaShape;
  readonly tokenizer: GgufTokenizer;
  /** Jinja. */
  readonly chatTemplate?: string;
  /** Hugging Face's names and layout, rotary embedding in halves. */
  readonly weights: SafetensorsFile;
  /** Of the matrices; vectors stay float32, and matrices whose rows Q8_0 does not divide become float16. */
  readonly matrixType: GgufTensorType;
}

const fileTypeCodes: Readonly<Record<GgufTensorType, number>> = { F32: 0, F16: 1, Q8_0: 7 };

/**
 * A GGUF file of architecture `llama` from safetensors, streaming: a few megabytes are held at a time.
 * @throws KibanError `model-not-convertible` where tensors, figures and tokenizer do not belong together, naming the first that does not;
 * RangeError for values that the matrix type cannot hold. Then nothing is left behind.
 */
export async function writeLlamaGguf(path: string, model: LlamaGguf): Promise<void> {
  requireFittingTokenizer(model);
  const { shape, weights, matrixType } = model;
  await writeGguf(path, metadataOf(model), llamaGgufTensors(shape, weights, matrixType));
}

function metadataOf({ name, shape, tokenizer, chatTemplate, matrixType }: LlamaGguf): Map<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  const float32 = (value: number): GgufValue => ({ type: 'float32', value });
  const string = (value: string): GgufValue => ({ type: 'string', value });
  const { endOfTurnId } = tokenizer;
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
    ['tokenizer.ggml.eos_token_id', uint32(endOfTurnId ?? tokenizer.endId)],
    ...(endOfTurnId === undefined ? [] : [['tokenizer.ggml.eot_token_id', uint32(endOfTurnId)] as const]),
    ['tokenizer.ggml.padding_token_id', uint32(tokenizer.paddingId)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: tokenizer.addBegin ?? false }],
    ...(chatTemplate === undefined ? [] : [['tokenizer.chat_template', string(chatTemplate)] as const]),
  ]);
}

/** llama.cpp aborts or misreads where these do not hold. */
function requireFittingTokenizer({ shape, tokenizer, weights }: LlamaGguf): void {
  const { tokens, tokenTypes, beginId, endId, paddingId, endOfTurnId } = tokenizer;
  const size = shape.vocabularySize;
  if (tokens.length !== size || tokenTypes.length !== size)
    throw modelNotConvertible(weights.path, {
      ja: `モデルの語彙数は ${size} ですが、トークナイザーには ${tokens.length} 語、型が ${tokenTypes.length} 個あります`,
      en: `the model knows ${size} tokens, the tokenizer has ${tokens.length} and ${tokenTypes.length} types of tokens`,
    });
  const first = new Map<string, number>();
  tokens.forEach((token, id) => {
    const earlier = first.get(token);
    if (earlier !== undefined)
      throw modelNotConvertible(weights.path, {
        ja: `トークン ${earlier} と ${id} が同じ文字列です`,
        en: `tokens ${earlier} and ${id} are the same text`,
      });
    first.set(token, id);
  });
  for (const [role, id] of Object.entries({ beginId, endId, paddingId, endOfTurnId: endOfTurnId ?? 0 })) {
    if (!Number.isInteger(id) || id < 0 || id >= size)
      throw modelNotConvertible(weights.path, {
        ja: `トークナイザーの ${role} (${id}) が語彙の外にあります`,
        en: `${role} of the tokenizer, ${id}, lies outside the vocabulary`,
      });
  }
}
