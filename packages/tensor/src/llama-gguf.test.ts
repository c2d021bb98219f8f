// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { openGguf } from './gguf-reader.ts';
import type { GgufTensorType } from './gguf-types.ts';
import { type GgufTokenizer, type LlamaGguf, writeLlamaGguf } from './llama-gguf.ts';
import type { LlamaShape } from './llama-gguf-tensors.ts';
import { neighboursToHalves } from './rope-permutation.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors-reader.ts';
import { writeSafetensors } from './safetensors-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

const shape: LlamaShape = {
  hiddenSize: 32,
  layerCount: 2,
  headCount: 4,
  keyValueHeadCount: 2,
  feedForwardSize: 48,
  vocabularySize: 20,
  contextLength: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tieEmbeddings: true,
};
const tokenizer: GgufTokenizer = {
  tokens: Array.from({ length: 20 }, (_, id) => `t${id}`),
  merges: ['t 1'],
  tokenTypes: Array.from({ length: 20 }, (_, id) => (id < 4 ? 3 : 1)),
  beginId: 1,
  endId: 2,
  paddingId: 0,
};

const tensorShapes: [string, number[]][] = [
  ['model.embed_tokens.weight', [20, 32]],
  ...[0, 1].flatMap((layer): [string, number[]][] =>
    (
      [
        ['input_layernorm', [32]],
        ['self_attn.q_proj', [32, 32]],
        ['self_attn.k_proj', [16, 32]],
        ['self_attn.v_proj', [16, 32]],
        ['self_attn.o_proj', [32, 32]],
        ['post_attention_layernorm', [32]],
        ['mlp.gate_proj', [48, 32]],
        ['mlp.up_proj', [48, 32]],
        ['mlp.down_proj', [32, 48]],
      ] as [string, number[]][]
    ).map(([name, dimensions]) => [`model.layers.${layer}.${name}.weight`, dimensions]),
  ),
  ['model.norm.weight', [32]],
];

async function weightsOf(tensors: readonly [string, number[]][], name = 'weights'): Promise<SafetensorsFile> {
  const random = new SeededRandom(name);
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(
    path,
    tensors.map(([tensor, dimensions]) => ({
      name: tensor,
      dtype: 'F32' as const,
      shape: dimensions,
      data: () =>
        Float32Array.from({ length: dimensions.reduce((product, size) => product * size, 1) }, () => random.normal()),
    })),
  );
  return openSafetensors(path);
}

const model = (weights: SafetensorsFile, changes: Partial<LlamaGguf> = {}): LlamaGguf => ({
  name: 'test',
  shape,
  tokenizer,
  weights,
  matrixType: 'F32',
  ...changes,
});

test('every tensor arrives under its name in GGUF with its values, q and k with their rows moved', async () => {
  await using weights = await weightsOf(tensorShapes);
  const path = join(folder, 'f32.gguf');
  await writeLlamaGguf(path, model(weights));
  await using file = await openGguf(path);
  assert.equal(file.tensors.size, tensorShapes.length);
  const layerNames = 'attn_norm attn_q attn_k attn_v attn_output ffn_norm ffn_gate ffn_up ffn_down'.split(' ');
  assert.deepEqual(
    [...file.tensors.keys()],
    [
      'token_embd.weight',
      ...[0, 1].flatMap((layer) => layerNames.map((name) => `blk.${layer}.${name}.weight`)),
      'output_norm.weight',
    ],
  );
  for (const [index, name] of [...file.tensors.keys()].entries()) {
    const [source, dimensions] = tensorShapes[index]!;
    assert.deepEqual(file.tensors.get(name)!.shape, dimensions);
    const heads = name.includes('attn_q') ? 4 : name.includes('attn_k') ? 2 : 0;
    const values = await file.readF32(name);
    const expected = await weights.readF32(source);
    if (heads > 0) assert.notDeepEqual(values, expected);
    assert.deepEqual(heads > 0 ? neighboursToHalves(values, heads, 8) : values, expected, name);
  }
});

test('the figures and the tokenizer are written under the keys that llama.cpp reads', async () => {
  await using weights = await weightsOf(tensorShapes);
  const path = join(folder, 'keys.gguf');
  await writeLlamaGguf(
    path,
    model(weights, { tokenizer: { ...tokenizer, endOfTurnId: 3, addBegin: true }, chatTemplate: '{{ x }}' }),
  );
  await using file = await openGguf(path);
  assert.deepEqual(Object.fromEntries(file.metadata), {
    'general.architecture': 'llama',
    'general.name': 'test',
    'general.alignment': 32,
    'general.file_type': 0,
    'llama.context_length': 64,
    'llama.embedding_length': 32,
    'llama.block_count': 2,
    'llama.feed_forward_length': 48,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': 2,
    'llama.attention.layer_norm_rms_epsilon': Math.fround(1e-5),
    'llama.rope.freq_base': 10_000,
    'llama.rope.dimension_count': 8,
    'llama.vocab_size': 20,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': tokenizer.tokens,
    'tokenizer.ggml.token_type': tokenizer.tokenTypes,
    'tokenizer.ggml.merges': ['t 1'],
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 3,
    'tokenizer.ggml.eot_token_id': 3,
    'tokenizer.ggml.padding_token_id': 0,
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.chat_template': '{{ x }}',
  });
  await writeLlamaGguf(path, model(weights, { tokenizer: { ...tokenizer, merges: [] } }));
  await using plain = await openGguf(path);
  assert.equal(plain.metadata.get('tokenizer.ggml.eos_token_id'), 2);
  assert.equal(plain.metadata.get('tokenizer.ggml.add_bos_token'), false);
  assert.deepEqual(plain.metadata.get('tokenizer.ggml.merges'), []);
  for (const key of ['tokenizer.ggml.eot_token_id', 'tokenizer.chat_template'])
    assert.equal(plain.metadata.has(key), false);
});

test('vectors stay float32, and matrices with rows that Q8_0 does not divide become float16', async () => {
  await using weights = await weightsOf([...tensorShapes, ['lm_head.weight', [20, 32]]], 'untied');
  const typesOf = async (matrixType: GgufTensorType) => {
    const path = join(folder, 'types.gguf');
    await writeLlamaGguf(path, model(weights, { matrixType, shape: { ...shape, tieEmbeddings: false } }));
    await using file = await openGguf(path);
    assert.deepEqual([...file.tensors.keys()].at(-1), 'output.weight');
    const type = (name: string) => file.tensors.get(name)!.type;
    return ['output.weight', 'blk.0.attn_q.weight', 'blk.1.ffn_down.weight', 'output_norm.weight'].map(type);
  };
  assert.deepEqual(await typesOf('F32'), ['F32', 'F32', 'F32', 'F32']);
  assert.deepEqual(await typesOf('F16'), ['F16', 'F16', 'F16', 'F32']);
  assert.deepEqual(await typesOf('Q8_0'), ['Q8_0', 'Q8_0', 'F16', 'F32']);
  // Tied: the head of the weights is the embedding again, and is left out.
  const path = join(folder, 'tied.gguf');
  await writeLlamaGguf(path, model(weights));
  await using file = await openGguf(path);
  assert.equal(file.tensors.has('output.weight'), false);
});

test('tensors, figures and tokenizers that do not belong together are refused, and nothing is written', async () => {
  await using weights = await weightsOf(tensorShapes);
  await using biased = await weightsOf([...tensorShapes, ['model.layers.0.self_attn.q_proj.bias', [32]]], 'biased');
  await using short = await weightsOf(tensorShapes.slice(0, -1), 'short');
  const own = mkdtempSync(join(folder, 'refused-'));
  const cases: [LlamaGguf, RegExp][] = [
    [model(biased), /q_proj.bias has no place/],
    [model(short), /tensor model.norm.weight is missing/],
    [
      model(weights, { shape: { ...shape, feedForwardSize: 64 } }),
      /gate_proj.weight is 48 x 32, the model needs 64 x 32/,
    ],
    [model(weights, { shape: { ...shape, tieEmbeddings: false } }), /lm_head.weight is missing/],
    [model(weights, { shape: { ...shape, layerCount: 1 } }), /model.layers.1.input_layernorm.weight has no place/],
    [model(weights, { shape: { ...shape, headCount: 32, keyValueHeadCount: 16 } }), /whole heads/],
    [model(weights, { shape: { ...shape, keyValueHeadCount: 3 } }), /whole heads/],
    [model(weights, { shape: { ...shape, vocabularySize: 21 } }), /knows 21 tokens, the tokenizer has 20/],
    [model(weights, { tokenizer: { ...tokenizer, tokenTypes: [1] } }), /20 and 1 types/],
    [model(weights, { tokenizer: { ...tokenizer, endId: 20 } }), /endId of the tokenizer, 20/],
    [model(weights, { tokenizer: { ...tokenizer, tokens: tokenizer.tokens.with(7, 't4') } }), /tokens 4 and 7/],
  ];
  for (const [faulty, message] of cases)
    await assert.rejects(writeLlamaGguf(join(own, 'a.gguf'), faulty), (error: Error & { code: string }) => {
      assert.equal(error.code, 'model-not-convertible', error.message);
      assert.match(error.message, message);
      return true;
    });
  assert.deepEqual(readdirSync(own), []);
});
