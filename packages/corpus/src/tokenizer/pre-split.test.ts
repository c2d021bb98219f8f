// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { preSplit, splitPattern } from './pre-split.ts';

// JavaScript's \s holds U+FEFF and lacks U+0085; the other engines mean Unicode's White_Space.
const expression = new RegExp(
  splitPattern
    .replaceAll('[^\\s', '[^\\p{White_Space}')
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}'),
  'gu',
);

const awkward = [
  ...["'", 's', 'S', 't', 'l', 'L', 'r', 'e', 'V', 'm', 'd', 'ſ', 'a', 'é', '高', '炉', 'ー', 'ﾞ', '々', 'あ', '𠮷'],
  ...[
    '0',
    '１',
    '①',
    '〇',
    'Ⅳ',
    '二',
    ' ',
    '  ',
    '\u3000',
    '\u00a0',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\t',
    '\n',
    '\r',
    '\r\n',
  ],
  ...['.', '、', '。', '(', '🦙', '\u{e0100}', '\u0301', '\ud83e', '\udd99', '<|', '|>', '\u{1d7d8}', '\u{1e900}'],
];

test('the scanner cuts where the regular expression does', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        { arbitrary: fc.string({ unit: fc.constantFrom(...awkward), maxLength: 40 }), weight: 4 },
        { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 1 },
      ),
      (text) => assert.deepEqual(preSplit(text), text.match(expression) ?? []),
    ),
    { numRuns: 3_000 },
  );
});

test('every character of every plane is of the class that the regular expression gives it', () => {
  for (let codePoint = 0; codePoint < 0x30000; codePoint += 1) {
    const character = String.fromCodePoint(codePoint);
    const text = `a${character}b${character}${character}`;
    const found = preSplit(text);
    const expected = text.match(expression) ?? [];
    if (found.join('\u0001') !== expected.join('\u0001')) assert.deepEqual(found, expected, codePoint.toString(16));
  }
});
