// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKibanError } from '@kiban/core';
import { parseQuestionSet } from './parse-question-set.ts';
import { questionSetSchema } from './question-set.ts';

const good = { id: 'a', sector: 'steel', fact: 'f', question: '問', answer: '答', kind: 'new-pattern' };

test('lines become questions and empty lines are passed over', () => {
  const set = parseQuestionSet(
    `${JSON.stringify(good)}\n\n${JSON.stringify({ ...good, id: 'b', aliases: ['こたえ'] })}\n`,
    'q.jsonl',
  );
  assert.deepEqual(
    set.map((question) => question.id),
    ['a', 'b'],
  );
});

test('all faults are reported at once, by line and field, without the text of the line', () => {
  const text = [
    JSON.stringify(good),
    '{"secret',
    JSON.stringify({ ...good, id: 'b', extra: 1 }),
    JSON.stringify(good),
  ].join('\n');
  assert.throws(
    () => parseQuestionSet(text, 'q.jsonl'),
    (error) => {
      assert.ok(isKibanError(error));
      assert.equal(error.code, 'question-set-malformed');
      assert.match(error.detail.en, /q\.jsonl: 3 faults.*2: .*3: .*extra.*4: id: same as in line 1/);
      assert.doesNotMatch(error.detail.en, /secret/);
      return true;
    },
  );
});

test('a file without questions is refused', () => {
  assert.throws(() => parseQuestionSet('\n \n', 'q.jsonl'), /holds no question/);
});

test('a set with one id twice is refused by the schema too', () => {
  assert.equal(questionSetSchema.safeParse([good, good]).success, false);
  assert.equal(questionSetSchema.safeParse([good]).success, true);
});
