// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalise } from './profiles.ts';

const golden: readonly (readonly [string, string])[] = [
  ['㈱ｷﾊﾞﾝ①号機　ＢＦ３', '㈱キバン①号機 BF3'],
  ['か\u3099ｱﾞｳﾞ', 'がア゛ヴ'],
  ['温度１，２００℃、φ２５～３０㎜', '温度1,200℃、φ25～30㎜'],
  ['操業は，順調である．次は３．１４とする．', '操業は、順調である。次は3.14とする。'],
  ['３．１４\u301c０９０－１２３４', '3.14～090-1234'],
  ['出側 \u2212５℃', '出側 -5℃'],
  ['Ｔ－１００／Ａ', 'T－100／A'],
];

test('the profile gives its published results', () => {
  for (const [input, output] of golden) assert.equal(normalise(input, 'kiban-ja-1'), output);
});

test('signs that carry meaning and variant kanji stay as they are', () => {
  const kept = '①-⑳ ㈱ ℃ ㎥ ㎜ Ⅰ-Ⅻ … ～ 々 ゛ 髙﨑塚神福 ½ № ㌔ ㋿ 葛\u{e0100} 👨\u200d👩';
  assert.equal(normalise(kept, 'kiban-ja-1'), kept);
});

test('line ends become LF, blank lines at most one, spaces inside a line keep their number', () => {
  assert.equal(normalise('a \t\r\n\r\n\r\n\r\nb\u2028c\rd', 'kiban-ja-1'), 'a\n\nb\nc\nd');
  assert.equal(normalise('品名　　数量\tＡ', 'kiban-ja-1'), '品名  数量\tA');
});

test('controls and invisible marks are removed', () => {
  assert.equal(normalise('\ufeffa\u0000b\u00adc\u200bd\u2060e\u001bf\u0090', 'kiban-ja-1'), 'abcdef');
});

test('half-width voiced kana join only where one letter exists', () => {
  assert.equal(normalise('ｶﾞﾊﾟﾜﾞｦﾞﾝﾞﾞ', 'kiban-ja-1'), 'ガパヷヺン゛゛');
  assert.equal(normalise('カ\u3099ハ\u309aあ\u3099', 'kiban-ja-1'), 'ガパあ\u3099');
});

test('a text written with 、。 keeps its few ，．', () => {
  const text = '今日は、晴れ、風なし。次，とする．そして、終わり。';
  assert.equal(normalise(text, 'kiban-ja-1'), text);
});

test('the raw profile moves no column', () => {
  assert.equal(normalise('ｷﾊﾞﾝ  　０１２\r\nA\u0000B  ', 'kiban-raw-1'), 'ｷﾊﾞﾝ  　０１２\nAB  ');
});

const character = fc.constantFrom(
  ...'あかがはゝアカヷ漢々〇ａＡ０９aA05，．：／－、。）」(ー～〜−‖ ｱｶﾊﾜｦﾞﾟ　\t\n\r①℃-,.',
  ...'\u3099\u309a\u200b\u2028\u0085\u00a0\u0000\ufeff\u200d\u2212\u2016',
);

test('both profiles are idempotent', () => {
  fc.assert(
    fc.property(fc.array(character, { maxLength: 24 }), (characters) => {
      for (const profile of ['kiban-ja-1', 'kiban-raw-1'] as const) {
        const once = normalise(characters.join(''), profile);
        assert.equal(normalise(once, profile), once);
      }
    }),
    { numRuns: 5_000 },
  );
});
