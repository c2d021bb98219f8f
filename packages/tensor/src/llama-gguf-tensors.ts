// SPDX-License-Identifier: Apache-2.0
import { modelNotConvertible } from './format-problems.ts';
import { type GgufTensorType, ggufTensorTypes } from './gguf-types.ts';
import type { GgufTensorToWrite } from './gguf-writer.ts';
import { halvesToNeighbours } from './rope-permutation.ts';
import type { SafetensorsFile } from './safetensors-reader.ts';
import { pieceValues } from './value-stream.ts';

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
  /** The head is the embedding; a `lm_head.weight` in the weights is then left out. */
  readonly tieEmbeddings: boolean;
}

interface Conversion {
  readonly from: string;
  readonly to: string;
  readonly shape: readonly number[];
  /** Rows of this many heads are rotated, so they are permuted. */
  readonly rotatedHeads?: number;
}

/**
 * The tensors of a GGUF `llama` file, in its order, read from Hugging Face's layout as each one's turn comes.
 * @throws KibanError `model-not-convertible` for a tensor that is missing, of another shape, or has no place in a plain Llama (a bias, say):
 * to leave it out in silence would be another model.
 */
export function llamaGgufTensors(
  shape: LlamaShape,
  weights: SafetensorsFile,
  matrixType: GgufTensorType,
): readonly GgufTensorToWrite[] {
  requireWholeHeads(shape, weights.path);
  const headSize = shape.hiddenSize / shape.headCount;
  const conversions = [...conversionsOf(shape)];
  const known = new Set([...conversions.map(({ from }) => from), 'lm_head.weight']);
  for (const name of weights.tensors.keys()) {
    if (!known.has(name))
      throw modelNotConvertible(weights.path, {
        ja: `テンソル ${name} は Llama 形式のモデルにありません`,
        en: `tensor ${name} has no place in a Llama model`,
      });
  }
  return conversions.map(({ from, to, shape: expected, rotatedHeads }) => {
    const stored = weights.tensors.get(from)?.shape;
    if (stored?.join() !== expected.join())
      throw modelNotConvertible(weights.path, {
        ja: `テンソル ${from} は ${stored?.join(' x ') ?? 'ありません。形'} ですが、${expected.join(' x ')} が必要です`,
        en: `tensor ${from} is ${stored?.join(' x ') ?? 'missing'}, the model needs ${expected.join(' x ')}`,
      });
    const type = typeOf(expected, matrixType);
    if (rotatedHeads === undefined)
      return { name: to, shape: expected, type, data: () => values(weights, from, expected) };
    return {
      name: to,
      shape: expected,
      type,
      data: () => rotatedValues(weights, from, expected, rotatedHeads, headSize),
    };
  });
}

function typeOf(shape: readonly number[], matrixType: GgufTensorType): GgufTensorType {
  if (shape.length === 1) return 'F32';
  const fits = shape.at(-1)! % ggufTensorTypes[matrixType].values === 0;
  return fits ? matrixType : 'F16';
}

function* conversionsOf(shape: LlamaShape): Generator<Conversion> {
  const { hiddenSize, headCount, keyValueHeadCount, feedForwardSize, vocabularySize } = shape;
  const keyValueSize = (hiddenSize / headCount) * keyValueHeadCount;
  const hidden = [hiddenSize];
  yield { from: 'model.embed_tokens.weight', to: 'token_embd.weight', shape: [vocabularySize, hiddenSize] };
  for (let layer = 0; layer < shape.layerCount; layer += 1) {
    const tensor = (from: string, to: string, expected: readonly number[]): Conversion => ({
      from: `model.layers.${layer}.${from}.weight`,
      to: `blk.${layer}.${to}.weight`,
      shape: expected,
    });
    const keyValue = [keyValueSize, hiddenSize];
    yield tensor('input_layernorm', 'attn_norm', hidden);
    yield { ...tensor('self_attn.q_proj', 'attn_q', [hiddenSize, hiddenSize]), rotatedHeads: headCount };
    yield { ...tensor('self_attn.k_proj', 'attn_k', keyValue), rotatedHeads: keyValueHeadCount };
    yield tensor('self_attn.v_proj', 'attn_v', keyValue);
    yield tensor('self_attn.o_proj', 'attn_output', [hiddenSize, hiddenSize]);
    yield tensor('post_attention_layernorm', 'ffn_norm', hidden);
    yield tensor('mlp.gate_proj', 'ffn_gate', [feedForwardSize, hiddenSize]);
    yield tensor('mlp.up_proj', 'ffn_up', [feedForwardSize, hiddenSize]);
    yield tensor('mlp.down_proj', 'ffn_down', [hiddenSize, feedForwardSize]);
  }
  yield { from: 'model.norm.weight', to: 'output_norm.weight', shape: hidden };
  if (!shape.tieEmbeddings) yield { from: 'lm_head.weight', to: 'output.weight', shape: [vocabularySize, hiddenSize] };
}

async function* values(weights: SafetensorsFile, name: string, shape: readonly number[]): AsyncGenerator<Float32Array> {
  const total = shape.reduce((product, dimension) => product * dimension, 1);
  for (let start = 0; start < total; start += pieceValues)
    yield await weights.readF32Range(name, start, Math.min(pieceValues, total - start));
}

/** Whole heads at a time, as many as fit a piece, at least one. */
async function* rotatedValues(
  weights: SafetensorsFile,
  name: string,
  shape: readonly number[],
  headCount: number,
  headSize: number,
): AsyncGenerator<Float32Array> {
  const headValues = headSize * shape[1]!;
  const headsPerPiece = Math.max(1, Math.floor(pieceValues / headValues));
  for (let head = 0; head < headCount; head += headsPerPiece) {
    const heads = Math.min(headsPerPiece, headCount - head);
    const rows = await weights.readF32Range(name, head * headValues, heads * headValues);
    yield halvesToNeighbours(rows, heads, headSize);
  }
}

function requireWholeHeads(shape: LlamaShape, path: string): void {
  const { hiddenSize, headCount, keyValueHeadCount } = shape;
  if (hiddenSize % (2 * headCount) !== 0 || headCount % keyValueHeadCount !== 0)
    throw modelNotConvertible(path, {
      ja: `幅 ${hiddenSize}、ヘッド ${headCount} 個、KV ヘッド ${keyValueHeadCount} 個では偶数幅のヘッドに分けられません`,
      en: `width ${hiddenSize}, ${headCount} heads and ${keyValueHeadCount} key-value heads do not make whole heads of even size`,
    });
}
