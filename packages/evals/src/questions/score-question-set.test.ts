// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SeededRandom } from '@kiban/core';
import type { Question } from './question-set.ts';
import { scoreQuestionSet } from './score-question-set.ts';

/** 40 facts, two wordings each, 36 different answers: the most frequent answer is right for 4 of 80. */
const questions: Question[] = Array.from({ length: 80 }, (_, index) => {
  const fact = index % 40;
  return {
    id: `q-${index}`,
    sector: 'steel',
    fact: `fact-${fact}`,
    question: `設備${fact}の管理値は${index < 40 ? '' : 'いくつ'}？`,
    answer: `${1400 + Math.min(fact, 35) * 3}℃`,
    kind: 'known-pattern',
  };
});

test('an oracle is right everywhere', async () => {
  const score = await scoreQuestionSet(questions, async (question) => ` ${question.answer}。\n続き`);
  assert.equal(score.accuracy, 1);
  assert.equal(score.correct, 80);
  assert.equal(score.clusters, 40);
  assert.equal(score.standardError, 0);
});

test('a model that has not learned fails: empty, echoing, random and constant answers', async () => {
  const random = new SeededRandom(1);
  const characters = [...'管理値炉設備度温圧力0123456789℃はのです。'];
  const noise = async () => Array.from({ length: 6 }, () => random.pick(characters)).join('');
  const all = async () => questions.map((question) => question.answer).join(' ');
  assert.equal((await scoreQuestionSet(questions, async () => '')).correct, 0);
  assert.equal((await scoreQuestionSet(questions, async () => '。\n\n')).correct, 0);
  assert.equal((await scoreQuestionSet(questions, async ({ question }) => question)).correct, 0);
  assert.equal((await scoreQuestionSet(questions, all)).correct, 0);
  assert.ok((await scoreQuestionSet(questions, noise)).accuracy < 0.02);
  const constant = await scoreQuestionSet(questions, async () => '1505℃');
  assert.equal(constant.correct, 10);
  const shuffled = questions.map((question) => question.answer);
  random.shuffle(shuffled);
  const guesser = await scoreQuestionSet(questions, async ({ id }) => shuffled[Number(id.slice(2))] as string);
  assert.ok(guesser.accuracy < 0.15, `${guesser.accuracy}`);
});

test('items keep the order of the questions whatever the order of the answers, and progress counts up', async () => {
  const seen: number[] = [];
  const score = await scoreQuestionSet(
    questions.slice(0, 9),
    async (question) => {
      await wait(question.id === 'q-0' ? 20 : 1);
      return question.answer;
    },
    { concurrency: 4, onProgress: ({ done }) => seen.push(done) },
  );
  assert.deepEqual(
    score.perItem.map((item) => item.id),
    questions.slice(0, 9).map((question) => question.id),
  );
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('no more than the agreed number of questions is asked at once', async () => {
  let running = 0;
  let most = 0;
  await scoreQuestionSet(
    questions,
    async () => {
      running += 1;
      most = Math.max(most, running);
      await wait(0);
      running -= 1;
      return '';
    },
    { concurrency: 3 },
  );
  assert.equal(most, 3);
});

test('a failing answerer fails the score and nothing more is asked', async () => {
  let asked = 0;
  const failing = scoreQuestionSet(
    questions,
    async () => {
      asked += 1;
      await wait(0);
      if (asked >= 4) throw new Error('engine gone');
      return '';
    },
    { concurrency: 2 },
  );
  await assert.rejects(failing, /engine gone/);
  assert.ok(asked <= 6, `${asked}`);
});

test('an abort ends the score with its reason', async () => {
  const stop = new AbortController();
  const running = scoreQuestionSet(
    questions,
    async () => {
      stop.abort(new Error('stopped by a person'));
      return '';
    },
    { signal: stop.signal },
  );
  await assert.rejects(running, /stopped by a person/);
});

test('an empty set has no score', async () => {
  await assert.rejects(
    scoreQuestionSet([], async () => ''),
    RangeError,
  );
});
