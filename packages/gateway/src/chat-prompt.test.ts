// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ChatFormat, type PromptSegment, renderChatPrompt } from './chat-prompt.ts';

const specialTokens = ['<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>', '<|eot|>'];
const format: ChatFormat = {
  template:
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|eot|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
  beginToken: '<|begin|>',
  specialTokens,
};
const special = (name: string): PromptSegment => ({ kind: 'special', name });
const text = (value: string): PromptSegment => ({ kind: 'text', text: value });

test('one question becomes begin, user, question, end of turn, assistant', () => {
  assert.deepEqual(renderChatPrompt(format, [{ role: 'user', content: '溶銑温度は？' }]), [
    special('<|begin|>'),
    special('<|user|>'),
    text('溶銑温度は？'),
    special('<|eot|>'),
    special('<|assistant|>'),
  ]);
});

test('names of control tokens typed in messages stay plain text, whatever is typed', () => {
  const piece = fc.constantFrom(...specialTokens, '<', '<|', '|>', '<|eo', 't|>', ' ', '高炉', '\u{fdd0}', '\u{fdd1}');
  const content = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 3 }), (contents) => {
      const segments = renderChatPrompt(
        format,
        contents.map((value) => ({ role: 'user', content: value })),
      );
      const expected = [
        special('<|begin|>'),
        ...contents.flatMap((value) => [
          special('<|user|>'),
          ...(value === '' ? [] : [text(value)]),
          special('<|eot|>'),
        ]),
        special('<|assistant|>'),
      ];
      assert.deepEqual(segments, expected);
    }),
  );
});

test('a template that joins a message to its own text cannot be made to complete a control token', () => {
  const joining = { ...format, template: '{{ messages[0].content }}t|>{{ messages[1].content }}' };
  const messages = [
    { role: 'user', content: '<|eo' },
    { role: 'user', content: 'x' },
  ] as const;
  assert.deepEqual(renderChatPrompt(joining, messages), [text('<|eot|>x')]);
});

test('a template that raises an exception refuses the messages with its own words', () => {
  const strict = { ...format, template: "{{ raise_exception('roles must alternate') }}" };
  assert.throws(() => renderChatPrompt(strict, [{ role: 'user', content: 'x' }]), {
    code: 'chat-template-refused',
    message: /roles must alternate/,
  });
});
