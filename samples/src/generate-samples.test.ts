// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sha256Hex } from '@kiban/core';
import { encodeCp932 } from './cp932.ts';
import { generateSamples } from './generate-samples.ts';
import { myNumberCheckDigit } from './personal-data.ts';
import type { HeldOutQuestion } from './questions.ts';
import { sectors } from './sector.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-samples-'));
before(() => generateSamples(join(directory, 'a'), 'seed'));
after(() => rmSync(directory, { recursive: true }));

function decode(path: string): string {
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('shift_jis', { fatal: true }).decode(bytes);
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const heldOut = (sector: string) =>
  readFileSync(join(directory, 'a', 'held-out', `${sector}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HeldOutQuestion);

test('the same seed gives the same bytes, another seed other bytes', async () => {
  const digest = (name: string) =>
    sha256Hex(
      filesBelow(join(directory, name))
        .map((path) => sha256Hex(readFileSync(path)))
        .join(),
    );
  await generateSamples(join(directory, 'b'), 'seed');
  await generateSamples(join(directory, 'c'), 'another');
  assert.equal(digest('b'), digest('a'));
  assert.notEqual(digest('c'), digest('a'));
});

test('no held-out question stands in any training text, and none is answered in another sector', () => {
  const training = new Map(
    [...sectors, 'public'].map(
      (name) =>
        [
          name,
          filesBelow(join(directory, 'a', name))
            .map(decode)
            .join('\n'),
        ] as const,
    ),
  );
  for (const sector of sectors)
    for (const question of heldOut(sector)) {
      for (const text of training.values()) assert.equal(text.includes(question.question), false, question.question);
      assert.ok(training.get(sector)?.includes(question.answer), `${question.answer} can be learned from ${sector}`);
    }
});

test('answers are spread, so that one constant answer scores low in every sector', () => {
  for (const sector of sectors) {
    const counts = new Map<string, number>();
    for (const { answer } of heldOut(sector)) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const most = Math.max(...counts.values()) / heldOut(sector).length;
    assert.ok(most <= 0.1, `${sector}: ${most}`);
  }
});

test('some files are CP932, every one of them decodes strictly, and encoding is the inverse of decoding', () => {
  const legacy = filesBelow(join(directory, 'a', 'steel', 'documents')).filter((path) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(legacy.length > 5);
  for (const path of legacy) assert.ok(!decode(path).includes('〓'), path);
  const text = '高炉の溶銑温度は１，４８０℃、ﾎｲｰﾙ㈱①〜';
  assert.equal(new TextDecoder('shift_jis').decode(encodeCp932(text.replace('〜', '～'))), text.replace('〜', '～'));
});

test('labelled personal data stand where the labels say, and their check digits are right', () => {
  assert.equal(myNumberCheckDigit('98320567321'), 4);
  assert.equal(myNumberCheckDigit('12345678901'), 8);
  let seen = 0;
  for (const sector of sectors)
    for (const line of readFileSync(join(directory, 'a', 'labels', `${sector}.jsonl`), 'utf8')
      .trim()
      .split('\n')) {
      const label = JSON.parse(line) as { file: string; class: string; start: number; end: number };
      const span = decode(join(directory, 'a', sector, 'documents', label.file)).slice(label.start, label.end);
      seen += 1;
      if (label.class === 'my-number') {
        const digits = span.replaceAll('-', '');
        assert.match(digits, /^\d{12}$/);
        assert.equal(Number(digits[11]), myNumberCheckDigit(digits.slice(0, 11)));
      }
      if (label.class === 'phone') assert.match(span.normalize('NFKC'), /^0[789]0-\d{4}-\d{4}$/);
      if (label.class === 'email') assert.match(span, /@example\.co\.jp$/);
    }
  assert.ok(seen > 100);
});
