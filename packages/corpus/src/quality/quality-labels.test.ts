// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '@kiban/core';
import fc from 'fast-check';
import { judge } from './judge.ts';
import { labelNames, labelText, type QualityLabels } from './quality-labels.ts';
import { kibanQuality1, qualityProfileSchema } from './quality-profile.ts';

const shiftLog = '甲番 第3高炉 出銑3回。羽口2番 水漏れ点検、異常なし。';
const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

test('letters are counted by script: the long vowel mark is no katakana, 々 and 〇 are kanji, 𠮷 is one letter', () => {
  const { values, language } = labelText('データを佐々木と二〇、𠮷野がABC12。', 'document');
  assert.equal(values.letters, 18);
  assert.equal(values.japaneseLetters, 12);
  near(values.japaneseShare, 12 / 18);
  near(values.hiraganaShare, 3 / 12);
  near(values.katakanaShare, 2 / 12);
  near(values.kanjiShare, 7 / 12);
  near(values.symbolShare, 2 / 20);
  assert.equal(language, 'ja');
});

test('sentences end at their mark or at the end of the line, and spaces around them do not count', () => {
  const { values } = labelText('  出銑が始まった。 次へ！\n続く…\n\n・', 'document');
  near(values.meanSentence, (8 + 3 + 3 + 1) / 4);
  assert.equal(values.longestSentence, 8);
  near(values.openEndedShare, 2 / 4);
  assert.equal(values.shortLineShare, 2 / 3);
});

test('lines and sentences that stand there before are duplicates, by count and by letters', () => {
  const { values } = labelText('あいうえお。かき。\nさ。\nあいうえお。かき。\nさ。さ。', 'document');
  near(values.duplicateParagraphShare, 1 / 4);
  near(values.duplicateParagraphLetterShare, 9 / 24);
  near(values.duplicateSentenceShare, 4 / 7);
  near(values.duplicateSentenceLetterShare, 13 / 24);
});

test('a run counts one character only, and white space ends it', () => {
  assert.equal(labelText('ーーー ーー\nーーーー𠮷𠮷𠮷𠮷𠮷', 'log').values.longestRun, 5);
});

test('kanji without kana are for review, and a text of nothing has no shares', () => {
  assert.equal(labelText('质量检验报告', 'web').language, 'und-Hani');
  assert.equal(labelText('Quality report', 'web').language, 'und-Latn');
  const empty = labelText('\n 。', 'web');
  assert.equal(empty.language, 'und');
  assert.equal(empty.values.japaneseShare, undefined);
  assert.equal(empty.values.compression, undefined);
});

test('labels of windows are medians: a repetitive part of a long text does not decide', () => {
  const plain = Array.from({ length: 16_000 }, (_, index) =>
    String.fromCharCode(0x4e00 + ((index * 7919) % 4_001)),
  ).join('');
  const { values } = labelText(`${'出銑'.repeat(2_000)}${plain}`, 'document');
  assert.ok(values.topGram2! < 0.01);
  assert.ok(labelText('出銑'.repeat(2_000), 'document').values.topGram2! > 0.49);
  assert.ok(labelText('出銑'.repeat(2_000), 'document').values.compression! < 0.05);
});

test('every text gets finite labels, shares between 0 and 1, and the same ones each time', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(fc.constantFrom('高炉', '。', '\n', ' ', 'ー', '\ud800', 'か\u3099', '…', '1'), { maxLength: 200 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (content) => {
      const labels = labelText(content, 'web');
      assert.deepEqual(labelText(content, 'web'), labels);
      for (const [name, value] of Object.entries(labels.values)) {
        assert.ok(Number.isFinite(value) && value >= 0, `${name} ${value}`);
        if (/Share$|Gram\d+$|repetition5/.test(name)) assert.ok(value <= 1, `${name} ${value}`);
      }
    }),
    { numRuns: 100 },
  );
});

test('a shift log is kept as a log and rejected as a web page, with every reason', () => {
  assert.deepEqual(judge(labelText(shiftLog, 'log'), kibanQuality1), { keep: true, reasons: [] });
  const { keep, reasons } = judge(labelText(shiftLog, 'web'), kibanQuality1);
  assert.equal(keep, false);
  for (const reason of ['letters-below', 'japaneseLetters-below', 'meanSentence-below'])
    assert.ok(reasons.includes(reason));
});

test('each limit rejects just beyond its bound, with its own reason, and keeps at the bound', () => {
  for (const kind of ['web', 'document', 'log'] as const)
    for (const { label, min, max } of kibanQuality1.kinds[kind].limits)
      for (const [bound, side, reason] of [
        [min, -1, `${label}-below`],
        [max, 1, `${label}-above`],
      ] as const) {
        if (bound === undefined) continue;
        const labels = (value: number): QualityLabels => ({
          version: 1,
          kind,
          language: 'ja',
          values: { [label]: value },
        });
        assert.deepEqual(judge(labels(bound), kibanQuality1), { keep: true, reasons: [] });
        assert.deepEqual(judge(labels(bound + side * 1e-9 * Math.max(1, bound)), kibanQuality1).reasons, [reason]);
      }
});

test('stored labels are judged anew under another profile without the text', () => {
  const stored = JSON.parse(JSON.stringify(labelText(shiftLog, 'log'))) as QualityLabels;
  const strict = qualityProfileSchema.parse({
    ...kibanQuality1,
    name: 'strict',
    kinds: { ...kibanQuality1.kinds, log: { languages: ['ja'], limits: [{ label: 'letters', min: 500 }] } },
  });
  assert.deepEqual(judge(stored, strict).reasons, ['letters-below']);
});

test('a profile with an unknown label or without a bound is refused with file and field', () => {
  const parse = (limit: unknown) =>
    parseYaml(
      JSON.stringify({ ...kibanQuality1, kinds: { ...kibanQuality1.kinds, log: { limits: [limit] } } }),
      qualityProfileSchema,
      'own.yaml',
    );
  const fault = { code: 'config-invalid', message: /own\.yaml[\s\S]*kinds\.log\.limits\.0/ };
  assert.throws(() => parse({ label: 'lettrs', min: 1 }), fault);
  assert.throws(() => parse({ label: 'letters' }), fault);
  assert.ok(labelNames.includes('judgeQuality'));
});
