// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseAnswer } from './normalise-answer.ts';
import { scoreExactMatch } from './score-exact-match.ts';

test('spellings of one answer meet', () => {
  const same: readonly (readonly [string, string])[] = [
    ['1480℃', '１４８０°C'],
    ['1,480℃', '1480℃。'],
    ['1,234,567円', '1234567円'],
    ['10〜20', '10～20'],
    ['TH−490', 'TH－490'],
    ['D‐17', 'D-17'],
    ['「耳割れ」。', '耳割れ'],
    ['  耳割れ 。', '耳割れ'],
    ['ﾋﾊﾞﾘ班', 'ヒバリ班'],
    ['東棟　2階', '東棟 2階'],
  ];
  for (const [left, right] of same) assert.equal(normaliseAnswer(left), normaliseAnswer(right), `${left} / ${right}`);
});

test('different answers stay different', () => {
  const different: readonly (readonly [string, string])[] = [
    ['1480℃', '1490℃'],
    ['14.8', '148'],
    ['1,48', '148'],
    ['耳割れ', '耳割'],
    ['（株）暁', '暁'],
    ['-5', '5'],
    ['「右」と「左」', '右」と「左'],
  ];
  for (const [left, right] of different) {
    assert.notEqual(normaliseAnswer(left), normaliseAnswer(right), `${left} / ${right}`);
  }
});

test('normalising twice changes nothing more', () => {
  const pieces = fc.constantFrom(
    '。',
    '.',
    '「',
    '」',
    '(',
    ')',
    ' ',
    '1',
    ',',
    '234',
    '〜',
    '−',
    '炉',
    '℃',
    'ｱ',
    'ﾞ',
    '"',
    "'",
    '＂',
    '…',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        assert.equal(normaliseAnswer(normaliseAnswer(text)), normaliseAnswer(text));
      },
    ),
    { numRuns: 2000 },
  );
});

test('only the first line of what was generated counts, and an alias is as good as the answer', () => {
  assert.equal(scoreExactMatch({ answer: '耳割れ' }, '\n耳割れ\n理由は'), 1);
  assert.equal(scoreExactMatch({ answer: '耳割れ' }, '耳割れです'), 0);
  assert.equal(scoreExactMatch({ answer: '1480℃', aliases: ['1480度'] }, '1480度'), 1);
});
