// SPDX-License-Identifier: Apache-2.0
import { test } from 'node:test';
import { detect, parsePolicy } from '../src/index.ts';

const units = 300_000;
const repeated = [
  ...[
    '1-',
    '一',
    '東京都',
    '市',
    '丁目1',
    'a@',
    'a.',
    '担当',
    '様',
    '記号1',
    '0',
    '田中 ',
    '1 ',
    '〇-',
    'ー',
    '生年月日1/',
    '|',
    '京都府京都市',
  ],
  ...[
    '住所 あ',
    '銀行',
    '支店',
    '2001:',
    '品川1',
    '1.',
    '35.12345 ',
    '東京都千代田区あ',
    '北海道1',
    '氏名 田',
    'カナ カ',
    'か\u3099',
    'ﾞ',
    '\u1100',
  ],
];

// A search that goes back over the line for every position would take hours here, not seconds.
test('lines of 300,000 units that repeat what rules look for are done in time', { timeout: 100_000 }, () => {
  for (const piece of repeated) detect(piece.repeat(units / piece.length));
});

test('a pattern that would run for ever in other engines is done in time', { timeout: 20_000 }, () => {
  const policy = parsePolicy(
    "version: 1\npatterns:\n  - {class: evil, label: {ja: 悪, en: evil}, pattern: '(a+)+b', action: mask}\n",
    'policy.yaml',
  );
  detect(`${'a'.repeat(20_000)}c`, policy);
});
