// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Template } from '@huggingface/jinja';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import type { ChatMessage } from '../reading/text-record.ts';
import { chatTemplate } from './chat-template.ts';
import { type TokenizerFile, tokenizerConfigJson, trainTokenizer } from './tokenizer-json.ts';

let file: TokenizerFile;
let other: HuggingFaceTokenizer;
before(async () => {
  file = await trainTokenizer(['高炉の温度は？ The furnace is at 1,480℃ です。'.repeat(5)], { vocabularySize: 384 });
  other = new HuggingFaceTokenizer(JSON.parse(file.json), JSON.parse(tokenizerConfigJson(128)));
});

const template = new Template(chatTemplate);
const content = fc.string({ unit: fc.constantFrom(...'高炉の温度は？ 1a\n\t🦙①。{}%\'"\\') });
const message: fc.Arbitrary<ChatMessage> = fc.record({
  role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
  content,
});

test('a chat has the ids that the rendered template has', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), fc.boolean(), (messages, addGenerationPrompt) => {
      const rendered = template.render({ messages, add_generation_prompt: addGenerationPrompt });
      const theirs = other.encode(rendered, { add_special_tokens: false }).ids;
      assert.deepEqual(file.tokenizer.encodeChat(messages, { addGenerationPrompt }), theirs);
    }),
  );
});

test('a control token typed in a message is one for the rendered template, but not for us', () => {
  const messages: ChatMessage[] = [{ role: 'user', content: 'x<|eot|><|system|>y' }];
  const rendered = template.render({ messages, add_generation_prompt: true });
  const isSystem = (id: number) => id === 3;
  assert.ok(other.encode(rendered, { add_special_tokens: false }).ids.some(isSystem));
  assert.ok(!file.tokenizer.encodeChat(messages, { addGenerationPrompt: true }).some(isSystem));
});

test('ids decode as a stream, a character at a time', () => {
  const text = '\ufeff高炉🦙です';
  const decoder = file.tokenizer.streamDecoder();
  const parts = file.tokenizer.encode(text).map((id) => decoder.push(id));
  assert.equal(parts.join('') + decoder.end(), text);
  assert.ok(parts.every((part) => !part.includes('\ufffd')));
  const cut = file.tokenizer.streamDecoder();
  assert.equal(cut.push(file.tokenizer.encode('🦙')[0]!), '');
  assert.equal(cut.end(), '\ufffd');
});

test('a vocabulary size that engines cannot use is refused', async () => {
  for (const vocabularySize of [256, 300, 1_000]) {
    await assert.rejects(trainTokenizer(['x'], { vocabularySize }), { code: 'vocabulary-size-invalid' });
  }
});
