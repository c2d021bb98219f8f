// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dedupShadow } from './dedup-shadow.ts';
import { nfkcShadow } from './nfkc-shadow.ts';
import { piiShadow } from './pii-shadow.ts';
import { editShadow, type Shadow, sourceSpan } from './shadow.ts';

test('the map of the NFKC shadow gives the published vectors', () => {
  const company = nfkcShadow('㈱ｷﾊﾞﾝ①');
  assert.equal(company.text, '(株)キバン1');
  assert.deepEqual([...company.start], [0, 0, 0, 1, 2, 4, 5]);
  assert.deepEqual([...company.end], [1, 1, 1, 2, 4, 5, 6]);
  const number = nfkcShadow('№１２ か\u3099');
  assert.equal(number.text, 'No12 が');
  assert.deepEqual([...number.start], [0, 0, 1, 2, 3, 4]);
  assert.deepEqual([...number.end], [1, 1, 2, 3, 4, 6]);
});

test('a text that does not change is its own shadow', () => {
  const text = '高炉 12 号、送風を増やした。';
  const shadow = nfkcShadow(text);
  assert.equal(shadow.text, text);
  assert.deepEqual(
    [...shadow.start],
    [...text].map((_, index) => index),
  );
});

const awkward = fc.oneof(
  fc.constantFrom(
    ...[
      'か',
      '\u3099',
      '\u309a',
      'ｶ',
      'ﾞ',
      'ﾟ',
      '㈱',
      '①',
      '\ufdfa',
      '½',
      '𠮷',
      '\u{e0100}',
      '\ufe0f',
      '👨',
      '\u200d',
      'e',
      '\u0301',
      '\u0323',
    ],
    ...[
      '\u1100',
      '\u1161',
      '\u11a8',
      '가',
      'ﾡ',
      'ￂ',
      'ㄱ',
      '\u0e33',
      '\u0eb3',
      'ก',
      '\u{16d63}',
      '\u{16d67}',
      '\u{1d15e}',
      '\n',
      '\ud800',
      '\udc00',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 2 }),
);
const texts = fc.array(awkward, { maxLength: 12 }).map((parts) => parts.join(''));

function assertMap(source: string, shadow: Shadow): void {
  assert.equal(shadow.start.length, shadow.text.length);
  for (let unit = 0; unit < shadow.text.length; unit += 1) {
    assert.ok(shadow.start[unit]! < shadow.end[unit]! && shadow.end[unit]! <= source.length);
    if (unit > 0)
      assert.ok(shadow.start[unit]! >= shadow.start[unit - 1]! && shadow.end[unit]! >= shadow.end[unit - 1]!);
  }
}

test('segment by segment the shadow is NFKC of the whole string, and the map never goes back', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const shadow = nfkcShadow(text);
      assert.equal(shadow.text, text.normalize('NFKC'));
      assertMap(text, shadow);
      assertMap(text, piiShadow(text));
      assertMap(text, dedupShadow(text));
    }),
    { numRuns: 20_000 },
  );
});

test('every shadow unit lies in a source span that has the same shadow', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const shadow = nfkcShadow(text);
      for (let unit = 0; unit < shadow.text.length; unit += 1) {
        const { start, end } = sourceSpan(shadow, unit, unit + 1);
        assert.ok(text.slice(start, end).normalize('NFKC').includes(shadow.text[unit]!));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('numbers typed in nine ways have the same digits in the shadow for personal data', () => {
  for (const [typed, expected] of [
    ['は９８３２０５６７３２１４です', 'は983205673214です'],
    ['九八三二〇五六七三二一四', '983205673214'],
    ['九八三二　〇五六七　三二一四', '9832 0567 3214'],
    ['０９０－１２３４－５６７８', '090-1234-5678'],
    ['〇九〇－一二三四－五六七八', '090-1234-5678'],
    ['〇九〇 一二三四 五六七八', '090 1234 5678'],
    ['090ー1234ー5678', '090-1234-5678'],
    ['090‐1234‐5678', '090-1234-5678'],
    ['〒100\u20110013', '〒100-0013'],
    ['090─1234━5678', '090-1234-5678'],
    ['09O\u200b○123', '09O○123'],
    ['9O1○2', '90102'],
    ['葛\u{e0100}城', '葛城'],
  ] as const)
    assert.equal(piiShadow(typed).text, expected);
});

test('kanji numbers that are words and long vowels that are letters stay', () => {
  for (const text of ['第三一工場', '二三の点', 'データー1', 'ロール3ー', '三十五', 'BOX1OK'])
    assert.equal(piiShadow(text).text, text.normalize('NFKC'));
});

test('the map of a shadow for personal data leads back to the typed number', () => {
  const text = '個人番号は九八三二ー〇五六七－三二一四です';
  const shadow = piiShadow(text);
  const from = shadow.text.indexOf('9832-0567-3214');
  const { start, end } = sourceSpan(shadow, from, from + 14);
  assert.equal(text.slice(start, end), '九八三二ー〇五六七－三二一四');
});

test('the dedup shadow keeps letters and digits only, in lower case', () => {
  assert.equal(dedupShadow('Ｎｏ．①　「ＢＦ３」 −５℃、ＩＤ_1').text, 'no1bf35cid1');
  const grams = new Set<string>();
  const points = [
    ...dedupShadow('第３高炉の溶銑温度が1,480℃まで低下したため、羽口からの微粉炭吹込み量を下げた。').text,
  ];
  for (let at = 0; at + 5 <= points.length; at += 1) grams.add(points.slice(at, at + 5).join(''));
  assert.equal(grams.size, 35);
});

test('edits that change the length keep the map', () => {
  const shadow = editShadow(nfkcShadow('a㈱b'), [{ from: 1, to: 4, text: 'X' }]);
  assert.equal(shadow.text, 'aXb');
  assert.deepEqual(sourceSpan(shadow, 1, 2), { start: 1, end: 2 });
  assert.deepEqual(sourceSpan(shadow, 2, 3), { start: 2, end: 3 });
});
