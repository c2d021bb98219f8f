// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginsWithAreaCode } from './area-codes.ts';
import { calendarDate, eraDate } from './eras.ts';
import { foldKanji } from './kanji-variants.ts';
import { prefectureRows } from './municipalities.ts';
import { municipalities, prefectures } from './places.ts';
import { surnames } from './surnames.ts';

test('there are as many municipalities as Japan has', () => {
  const count = (kind: '市' | '区' | '町' | '村') =>
    Object.values(prefectureRows).reduce((sum, row) => sum + (row[kind]?.split(' ').length ?? 0), 0);
  assert.deepEqual([prefectures.length, count('市'), count('区'), count('町'), count('村')], [47, 792, 23, 743, 183]);
  for (const name of ['龍ヶ崎市', '袖ヶ浦市', '四日市市', '野々市市', '千代田区', '南アルプス市'])
    assert.ok(municipalities.has(name), name);
});

test('eras begin and end on their day, give or take papers printed before', () => {
  assert.equal(eraDate('平成', 1, 1, 8), '1989-01-08');
  assert.equal(eraDate('平成', 1, 1, 7), undefined);
  assert.equal(eraDate('令和', 1, 5, 1), '2019-05-01');
  assert.equal(eraDate('昭和', 64, 1, 7), '1989-01-07');
  assert.equal(eraDate('昭和', 70, 1, 1), undefined);
  assert.equal(calendarDate(2023, 2, 29), undefined);
});

test('variant characters fold one to one', () => {
  assert.equal(foldKanji('髙橋﨑邉濱澤'), '高橋崎辺浜沢');
  assert.ok(surnames.has('渡辺') && surnames.has('斎藤') && surnames.size > 1_200);
});

test('area codes are read at their length', () => {
  for (const number of ['0312345678', '0123456789', '0126712345', '0992345678'])
    assert.ok(beginsWithAreaCode(number), number);
  assert.ok(!beginsWithAreaCode('0102345678'));
});
