// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kiban/core';
import { type LlamaShape, openSafetensors, writeLlamaGguf, writeSafetensors } from '@kiban/tensor';
import { byteOfCharacter } from '../src/byte-alphabet.ts';

export const chatTemplate =
  "{{ bos_token }}{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|eot|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

const specials = ['pad', 'begin', 'end', 'system', 'user', 'assistant', 'tool', 'eot'].map((name) => `<|${name}|>`);
export const specialCount = 32;

/** Head size 24, as the smallest preset. */
export const tinyShape: LlamaShape = {
  hiddenSize: 96,
  layerCount: 2,
  headCount: 4,
  keyValueHeadCount: 2,
  feedForwardSize: 256,
  vocabularySize: 320,
  contextLength: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tieEmbeddings: false,
};

export interface RandomModel extends AsyncDisposable {
  readonly ggufPath: string;
  readonly directory: string;
}

export interface RandomModelOptions {
  readonly seed: string;
  readonly shape?: LlamaShape;
  readonly chatTemplate?: string;
  /** Tokens that the model favours: rows of the head are 40 times as long. Default: ASCII letters. */
  readonly favoured?: readonly number[];
}

/** Token of a byte. */
export const byteToken = (byte: number): number => specialCount + byte;

/** A Llama with random weights and a byte vocabulary that has a few merges, written by the project's own writers. */
export async function makeRandomModel(options: RandomModelOptions): Promise<RandomModel> {
  const shape = options.shape ?? tinyShape;
  const directory = await mkdtemp(join(tmpdir(), 'kiban-llama-'));
  const weightsPath = join(directory, 'model.safetensors');
  const ggufPath = join(directory, 'model.gguf');
  const letters = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => byteToken(letter.charCodeAt(0)));
  const favoured = new Set(options.favoured ?? letters);
  const random = new SeededRandom(options.seed);
  const tensors = tensorShapes(shape).map(([name, dimensions]) => {
    const values = new Float32Array(dimensions.reduce((product, size) => product * size, 1));
    const row = dimensions.at(-1)!;
    for (let index = 0; index < values.length; index += 1) {
      if (dimensions.length === 1) values[index] = 1;
      else if (name === 'lm_head.weight')
        values[index] = random.normal() * (favoured.has(Math.floor(index / row)) ? 1 : 0.025);
      else values[index] = random.normal() * 0.2;
    }
    return { name, dtype: 'F32' as const, shape: dimensions, data: () => values };
  });
  await writeSafetensors(weightsPath, tensors);
  const weights = await openSafetensors(weightsPath);
  await writeLlamaGguf(ggufPath, {
    name: 'random',
    shape,
    tokenizer: makeTokenizer(shape.vocabularySize),
    chatTemplate: options.chatTemplate ?? chatTemplate,
    weights,
    matrixType: 'F32',
  });
  await weights.close();
  return { ggufPath, directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

function makeTokenizer(vocabularySize: number) {
  const controls = Array.from({ length: specialCount }, (_, id) => specials[id] ?? `<|reserved_${id}|>`);
  const characters = [...byteOfCharacter].toSorted((a, b) => a[1] - b[1]).map(([character]) => character);
  // 高 and 炉 in three bytes each; the second merge of each makes the character whole.
  const merges = ['é «', 'é« ĺ', 'ç Ĥ', 'çĤ ī'];
  const merged = merges.map((merge) => merge.replace(' ', ''));
  const tokens = [...controls, ...characters, ...merged];
  while (tokens.length < vocabularySize) tokens.push(`<|reserved_${tokens.length}|>`);
  return {
    tokens,
    merges,
    tokenTypes: tokens.map((token) => (token.startsWith('<|') && token.endsWith('|>') ? 3 : 1)),
    beginId: 1,
    endId: 2,
    paddingId: 0,
    endOfTurnId: 7,
  };
}

function tensorShapes(shape: LlamaShape): readonly (readonly [string, readonly number[]])[] {
  const { hiddenSize, feedForwardSize } = shape;
  const keyValueSize = (hiddenSize / shape.headCount) * shape.keyValueHeadCount;
  const layers = Array.from({ length: shape.layerCount }, (_, layer) => {
    const at = `model.layers.${layer}`;
    return [
      [`${at}.input_layernorm.weight`, [hiddenSize]],
      [`${at}.self_attn.q_proj.weight`, [hiddenSize, hiddenSize]],
      [`${at}.self_attn.k_proj.weight`, [keyValueSize, hiddenSize]],
      [`${at}.self_attn.v_proj.weight`, [keyValueSize, hiddenSize]],
      [`${at}.self_attn.o_proj.weight`, [hiddenSize, hiddenSize]],
      [`${at}.post_attention_layernorm.weight`, [hiddenSize]],
      [`${at}.mlp.gate_proj.weight`, [feedForwardSize, hiddenSize]],
      [`${at}.mlp.up_proj.weight`, [feedForwardSize, hiddenSize]],
      [`${at}.mlp.down_proj.weight`, [hiddenSize, feedForwardSize]],
    ] as const;
  });
  return [
    ['model.embed_tokens.weight', [shape.vocabularySize, hiddenSize]],
    ...layers.flat(),
    ['model.norm.weight', [hiddenSize]],
    ...(shape.tieEmbeddings ? [] : [['lm_head.weight', [shape.vocabularySize, hiddenSize]] as const]),
  ];
}
