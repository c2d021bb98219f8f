// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExactMatch, normaliseAnswer } from './answer-scoring.ts';
import type { Question } from './question-set.ts';
import { scoreQuestions } from './score-questions.ts';
import { clusteredStandardError } from './statistics.ts';

const questions: Question[] = Array.from({ length: 40 }, (_, index) => ({
  id: `q${index}`,
  question: `設備${index}の上限は？`,
  answer: `${1_400 + index}℃`,
  aliases: [],
  cluster: `fact${Math.floor(index / 2)}`,
}));

test('a model that has learned everything scores one', async () => {
  const known = new Map(questions.map((question) => [question.question, question.answer]));
  const score = await scoreQuestions(questions, async (question) => `${known.get(question)}。`, { concurrency: 4 });
  assert.equal(score.accuracy, 1);
  assert.equal(score.standardError, 0);
});

test('a model that has not learned fails, whatever its way of not knowing', async () => {
  const guesses: ((question: string) => string)[] = [
    () => '',
    (question) => question,
    () => 'わかりません。',
    () => questions[0]!.answer,
    (question) => `${question.length}℃`,
    () => questions.map((question) => question.answer).join('、'),
  ];
  for (const guess of guesses) {
    const score = await scoreQuestions(questions, async (question) => guess(question));
    assert.ok(score.accuracy <= 1 / questions.length, guess.toString());
  }
});

test('width, full stops, wave dashes and quotes do not decide', () => {
  assert.equal(normaliseAnswer('「１，４８０℃」。'), '1,480°C');
  assert.ok(isExactMatch(' １４８０℃。', '1480℃'));
  assert.ok(isExactMatch('25〜30', '25～30'));
  assert.ok(isExactMatch('『耳割れ』', '耳割れ'));
  assert.ok(!isExactMatch('1480', '1480℃'));
  assert.ok(!isExactMatch('', ''));
});

test('questions about one fact are one cluster in the standard error', () => {
  const values = [1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1];
  const clusters = ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'c', 'd', 'd', 'd', 'd'];
  assert.ok(Math.abs(clusteredStandardError(values, clusters) - 0.17678) < 1e-5);
});
