// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { preSplit } from './pre-split.ts';
import { type TokenizerFile, tokenizerConfigJson, tokenizerFromJson, trainTokenizer } from './tokenizer-json.ts';

const texts = [
  '高炉の溶銑温度は1,480℃まで低下したため、送風を増やした。'.repeat(4),
  '稟議書の決裁者は支店長です。支店長の承認をお願いします。'.repeat(4),
  "It's the first coalition. The coalition trains one model.\r\n\tTabs and  spaces.".repeat(3),
  'ﾎｲｰﾙﾊﾌﾞの締付トルクを確認。カタカナとひらがなのまざり。'.repeat(3),
];
const awkward = [
  '🦙と𠮷野家㊞①',
  'ｶﾞｷﾞｸﾞ',
  'a\r\nb\r\n\r\nc',
  '\t\t  x',
  '<|eot|>と書いた',
  '',
  ' ',
  '　全角　',
  'ー'.repeat(300),
  "I'LL don't",
  '1234567',
  '㈱基盤 2号機\r\n二〇二六年々',
];

let file: TokenizerFile;
before(async () => {
  file = await trainTokenizer(texts, { vocabularySize: 512 });
});

test('pieces are those of the qwen2 split, and together they are the text', () => {
  assert.deepEqual(preSplit('溶銑温度が1,480℃まで低下、送風を増やした。'), [
    '溶銑温度が',
    '1',
    ',',
    '4',
    '8',
    '0',
    '℃まで低下',
    '、送風を増やした',
    '。',
  ]);
  assert.deepEqual(preSplit('㈱基盤 2号機\r\n二〇二六年々'), [
    '㈱基盤',
    ' ',
    '2',
    '号機',
    '\r\n',
    '二',
    '〇',
    '二六年々',
  ]);
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(preSplit(text).join(''), text)));
});

test('any text survives encoding and decoding', () => {
  for (const text of [...texts, ...awkward]) assert.equal(file.tokenizer.decode(file.tokenizer.encode(text)), text);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) =>
      assert.equal(file.tokenizer.decode(file.tokenizer.encode(text)), text),
    ),
  );
});

test('training is deterministic, the file reads back, and the vocabulary has the size asked for', async () => {
  const again = await trainTokenizer(texts, { vocabularySize: 512 });
  assert.equal(again.json, file.json);
  const read = tokenizerFromJson(file.json);
  assert.equal(read.vocabularySize, 512);
  assert.equal(read.digest, file.tokenizer.digest);
  for (const text of texts) assert.deepEqual(read.encode(text), file.tokenizer.encode(text));
  assert.throws(() => tokenizerFromJson(file.json.replace('"merges"', '"other"')), { code: 'tokenizer-invalid' });
});

test('merges shorten text that they were learned from', () => {
  const text = texts[0]!;
  assert.ok(file.tokenizer.encode(text).length < Buffer.byteLength(text) / 2);
});

test('names of control tokens typed by a user stay text', () => {
  const ids = file.tokenizer.encode('<|eot|>');
  assert.ok(ids.every((id) => id >= file.tokenizer.specialCount));
  const chat = file.tokenizer.encodeChat([{ role: 'user', content: '<|assistant|>' }], { addGenerationPrompt: true });
  assert.deepEqual([chat[0], chat[1], chat.at(-2), chat.at(-1)], [1, 4, 7, 5]);
  assert.equal(chat.filter((id) => id === 5).length, 1);
});

test('the tokenizers of Hugging Face give the same ids', () => {
  const other = new HuggingFaceTokenizer(JSON.parse(file.json), JSON.parse(tokenizerConfigJson(128)));
  const lines = [...texts, ...awkward.filter((text) => !text.includes('<|'))];
  for (let index = 0; index < 2_000; index += 1) {
    const text = texts[index % texts.length]!;
    lines.push(text.slice(index % 37, (index % 37) + (index % 29)));
  }
  for (const line of lines)
    assert.deepEqual(
      other.encode(line, { add_special_tokens: false }).ids,
      file.tokenizer.encode(line),
      JSON.stringify(line),
    );
});
