// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sealed } from '@kiban/core';
import { applyFindings } from './apply-findings.ts';
import { detect } from './detect.ts';
import { parsePolicy } from './policy.ts';
import { resolveOverlaps } from './resolve-overlaps.ts';

const key = new Sealed(new Uint8Array(32).fill(7));
const apply = (text: string, documentId?: string) =>
  applyFindings(text, detect(text), documentId === undefined ? {} : { surrogates: { key, documentId } });

test('masked places carry the name of their class, and only counts are told', () => {
  const { text, counts } = apply('免許証番号 309012345620、TEL 03-1234-5678、法人番号 7000012050002');
  assert.equal(text, '免許証番号 〔運転免許証番号〕、TEL 〔電話番号〕、法人番号 7000012050002');
  assert.deepEqual(counts, {
    'driving-licence-number': { mask: 1 },
    'landline-number': { mask: 1 },
    'corporate-number': { tag: 1 },
  });
});

test('one individual number drops the record', () => {
  const { text, counts } = apply('担当：鈴木\nマイナンバー 983205673214');
  assert.equal(text, undefined);
  assert.deepEqual(counts, { 'person-name': { surrogate: 1 }, 'individual-number': { drop: 1 } });
});

test('of a date of birth the year stays', () => {
  assert.equal(apply('生年月日：昭和五十年四月一日').text, '生年月日：〔生年月日 1975年〕');
  assert.equal(apply('1984/04/01生まれ').text, '〔生年月日 1984年〕生まれ');
});

test('a surrogate is the same within a document, another in another, and never the value', () => {
  const text = '担当：佐藤健太\n佐藤さんが確認。髙橋様へ連絡、高橋氏も同席。';
  const one = apply(text, 'document-1').text!;
  assert.equal(one, apply(text, 'document-1').text);
  assert.notEqual(one, apply(text, 'document-2').text);
  const [, family] = /担当：(.+?)(?=.{2}\n)/u.exec(one)!;
  assert.match(one, new RegExp(`\\n${family}さんが確認`), 'family and full name keep the same family');
  const [, old, present] = /確認。(.+?)様へ連絡、(.+?)氏/.exec(one)!;
  assert.equal(old, present, 'variant characters are one name');
  assert.ok(!/佐藤|高橋|髙橋|健太/.test(one));
});

test('an address keeps its prefecture', () => {
  const { text } = apply('送付先 兵庫県神戸市灘区岩屋南町1-23', 'd');
  assert.match(text!, /^送付先 兵庫県[^神]+市.+\d+-\d+-\d+$/);
});

test('without a key surrogates become placeholders, and a short key is refused', () => {
  assert.equal(apply('担当：佐藤健太').text, '担当：〔氏名〕');
  const text = '担当：佐藤健太';
  const surrogates = { key: new Sealed(new Uint8Array(16)), documentId: 'd' };
  assert.throws(() => applyFindings(text, detect(text), { surrogates }), { code: 'surrogate-key-too-short' });
});

test('suspects are left alone, and acted on under strict policies', () => {
  const text = '個人番号 983205673215';
  assert.deepEqual(apply(text), { text, counts: { 'individual-number': { suspect: 1 } } });
  const policy = parsePolicy('version: 1\nstrictness: strict\n', 'policy.yaml');
  assert.equal(applyFindings(text, detect(text, policy), { policy }).text, undefined);
});

test('of findings in one place hits come first, then the nearest word, score, length and class', () => {
  const base = {
    rule: 'r',
    suspect: false,
    evidence: [],
    action: 'mask',
    distance: 1000,
    score: 0.8,
    start: 0,
    end: 4,
  } as const;
  const winner = (...pair: Parameters<typeof resolveOverlaps>[0]) => {
    const forward = resolveOverlaps(pair);
    assert.deepEqual(forward, resolveOverlaps([...pair].reverse()));
    assert.equal(forward.length, 1);
    return forward[0]!.class;
  };
  const a = { ...base, class: 'address' };
  const b = { ...base, class: 'bank-account' };
  assert.equal(winner(a, b), 'bank-account');
  assert.equal(winner({ ...a, distance: 2 }, b), 'address');
  assert.equal(winner({ ...a, score: 0.9 }, b), 'address');
  assert.equal(winner({ ...a, end: 9 }, b), 'address');
  assert.equal(winner(a, { ...b, suspect: true, score: 0.9 }), 'address');
  assert.equal(resolveOverlaps([a, { ...b, start: 4, end: 6 }]).length, 2);
});
