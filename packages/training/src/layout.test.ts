// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { flatLayout, parameterCount, scaleBlockCount, scaleBlockLength, scaleBlocks } from './layout.ts';
import { modelConfigSchema } from './model-config.ts';
import { presetConfig } from './presets.ts';

const configArbitrary = fc
  .record({
    heads: fc.integer({ min: 1, max: 4 }),
    groups: fc.integer({ min: 1, max: 2 }),
    layers: fc.integer({ min: 1, max: 3 }),
    vocabulary: fc.integer({ min: 16, max: 300 }),
    tied: fc.boolean(),
  })
  .map(({ heads, groups, layers, vocabulary, tied }) =>
    modelConfigSchema.parse({
      hiddenSize: 32 * heads * groups,
      layerCount: layers,
      headCount: heads * groups,
      keyValueHeadCount: groups,
      feedForwardSize: 64,
      vocabularySize: vocabulary,
      contextLength: 16,
      tieEmbeddings: tied,
    }),
  );

test('the tensors follow one another without a gap and have names of their own', () => {
  fc.assert(
    fc.property(configArbitrary, (config) => {
      const { tensors, length } = flatLayout(config);
      let position = 0;
      for (const tensor of tensors) {
        assert.equal(tensor.offset, position);
        assert.equal(
          tensor.length,
          tensor.shape.reduce((product, dimension) => product * dimension, 1),
        );
        position += tensor.length;
      }
      assert.equal(position, length);
      assert.equal(new Set(tensors.map(({ name }) => name)).size, tensors.length);
    }),
  );
});

test('scale blocks cover every value once and cross no tensor', () => {
  fc.assert(
    fc.property(configArbitrary, (config) => {
      const layout = flatLayout(config);
      const starts = new Set(layout.tensors.map(({ offset }) => offset));
      let position = 0;
      let count = 0;
      for (const { offset, length } of scaleBlocks(layout)) {
        assert.equal(offset, position);
        assert.ok(length >= 1 && length <= scaleBlockLength);
        for (const start of starts) assert.ok(start <= offset || start >= offset + length);
        position += length;
        count += 1;
      }
      assert.equal(position, layout.length);
      assert.equal(count, scaleBlockCount(layout));
    }),
  );
});

test('only matrices decay, and of those not the embedding', () => {
  for (const { name, shape, decays } of flatLayout(presetConfig('tiny', 512, 64)).tensors)
    assert.equal(decays, shape.length === 2 && name !== 'model.embed_tokens.weight', name);
});

test('presets have the sizes that they are known for', () => {
  const sizes = (['tiny', 'small', 'medium', 'large'] as const).map((preset) =>
    Math.round(parameterCount(presetConfig(preset, 16_384, 128)) / 1e5),
  );
  assert.deepEqual(sizes, [20, 71, 157, 320]);
});

test('the digest tells layouts apart and repeats', () => {
  const of = (vocabulary: number, context: number) => flatLayout(presetConfig('tiny', vocabulary, context)).digest;
  assert.equal(of(512, 64), of(512, 128));
  assert.notEqual(of(512, 64), of(640, 64));
});

test('the names are those of Hugging Face, embedding first, final norm last when tied', () => {
  const names = flatLayout(presetConfig('tiny', 512, 64)).tensors.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 10), [
    'model.embed_tokens.weight',
    ...['input_layernorm', 'self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'].map(
      (part) => `model.layers.0.${part}.weight`,
    ),
    ...['post_attention_layernorm', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'].map(
      (part) => `model.layers.0.${part}.weight`,
    ),
  ]);
  assert.equal(names.at(-1), 'model.norm.weight');
  assert.equal(names.length, 4 * 9 + 2);
});
