// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveQualityLines } from './derive-quality-lines.ts';
import { displayWidth } from './display-width.ts';
import { judgeQualityTable } from './judge-quality-table.ts';
import { buildQualityTable, type QualityMeasurement, type QualityModel } from './quality-table.ts';
import { renderQualityTable } from './render-quality-table.ts';

const members = ['steel', 'auto', 'bank'];
const names = {
  steel: { ja: '鉄鋼', en: 'steel' },
  auto: { ja: '自動車', en: 'automotive' },
  bank: { ja: '銀行', en: 'bank' },
};

function measure(model: QualityModel, perplexities: readonly number[], correct: readonly number[]): QualityMeasurement {
  const heldOut = members.map((member, index) => {
    // Members of different size, so that a mean over tokens would differ from the mean over members.
    const tokens = 100 * (index + 1);
    return [member, { nats: Math.log(perplexities[index] as number) * tokens, tokens, textBytes: tokens * 3 }] as const;
  });
  const accuracy = members.map((member, index) => [member, { correct: correct[index] as number, total: 50 }] as const);
  return { model, heldOut: Object.fromEntries(heldOut), accuracy: Object.fromEntries(accuracy), seconds: 12.4 };
}

const measurements = [
  measure({ kind: 'pooled' }, [5, 6, 7], [45, 45, 45]),
  measure({ kind: 'base' }, [5.2, 6.1, 6.9], [40, 35, 31]),
  measure({ kind: 'alone', member: 'bank' }, [20, 30, 6], [0, 1, 44]),
  measure({ kind: 'alone', member: 'steel' }, [5.5, 20, 20], [44, 0, 7]),
  measure({ kind: 'alone', member: 'auto' }, [16, 6.5, 16], [2, 44, 0]),
  measure({ kind: 'start' }, [30, 30, 30], [0, 0, 0]),
];
const table = buildQualityTable(members, measurements);

test('rows come as start, members alone, base, pooled', () => {
  assert.deepEqual(
    table.rows.map(({ model }) => (model.kind === 'alone' ? model.member : model.kind)),
    ['start', 'steel', 'auto', 'bank', 'base', 'pooled'],
  );
});

test('the union counts each member once, whatever its size', () => {
  const base = table.rows[4]!;
  assert.ok(Math.abs(base.unionPerplexity - (5.2 * 6.1 * 6.9) ** (1 / 3)) < 1e-9);
  const start = table.rows[0]!;
  assert.ok(Math.abs(start.unionBitsPerByte - Math.log2(30) / 3) < 1e-9);
});

test('lines name the best member alone, the gap to pooled, and the members that lose first', () => {
  const lines = deriveQualityLines(table);
  assert.equal(lines.gainOverBestAlone?.member, 'auto');
  assert.ok(lines.baseBeatsBestAlone);
  assert.ok(Math.abs(lines.gapToPooled!.ratio - ((5.2 * 6.1 * 6.9) / 210) ** (1 / 3)) < 1e-9);
  assert.deepEqual(
    lines.baseAgainstOwn.map(({ member }) => member),
    ['bank', 'steel', 'auto'].toSorted((a, b) => ratio(b) - ratio(a)),
  );
  assert.equal(lines.baseAgainstOwn[0]?.member, 'bank');
  assert.ok(lines.baseAgainstOwn[0]!.ratio > 1);

  function ratio(member: string): number {
    return { steel: 5.2 / 5.5, auto: 6.1 / 6.5, bank: 6.9 / 6 }[member] as number;
  }
});

test('without the rows alone and pooled there are no lines, and nothing counts as beaten', () => {
  const lines = deriveQualityLines(buildQualityTable(members, [measurements[1]!]));
  assert.deepEqual(lines, {
    gainOverBestAlone: null,
    gapToPooled: null,
    baseAgainstOwn: [],
    baseBeatsBestAlone: false,
  });
});

test('bounds are judged by the worst figure, and what was not measured is neither met nor failed', () => {
  const verdicts = Object.fromEntries(judgeQualityTable(table).map((verdict) => [verdict.name, verdict]));
  assert.deepEqual(verdicts['base-accuracy'], {
    name: 'base-accuracy',
    met: true,
    figure: 0.62,
    bound: 0.6,
    where: 'bank',
  });
  assert.equal(verdicts['foreign-accuracy']?.met, true);
  assert.equal(verdicts['foreign-accuracy']?.where, 'steel>bank');
  assert.equal(verdicts['gap-to-pooled']?.met, true);
  const strict = judgeQualityTable(table, {
    minimumBaseAccuracy: 0.7,
    maximumForeignAccuracy: 0.14,
    maximumGapToPooled: 1.001,
  });
  assert.deepEqual(
    strict.map(({ met }) => met),
    [false, false, false, true],
  );
  const little = judgeQualityTable(buildQualityTable(members, [measurements[5]!]));
  assert.deepEqual(
    little.map(({ met }) => met),
    [null, null, null, null],
  );
});

test('tables that compare different things are refused', () => {
  const base = measurements[1]!;
  assert.throws(() => buildQualityTable([], []), RangeError);
  assert.throws(() => buildQualityTable([...members, 'telecom'], [base]), /telecom/);
  assert.throws(() => buildQualityTable(['steel', 'auto'], [base]), /bank/);
  assert.throws(() => buildQualityTable(members, [base, base]), /two rows/);
  const empty = { ...base, heldOut: { ...base.heldOut, steel: { nats: 0, tokens: 0, textBytes: 0 } } };
  assert.throws(() => buildQualityTable(members, [empty]), /no token/);
});

test('the rendered table is aligned by east-asian width in both languages', () => {
  for (const language of ['ja', 'en'] as const) {
    const lines = renderQualityTable(table, language, names).split('\n');
    const rows = lines.slice(1, 8);
    assert.deepEqual(new Set(rows.map(displayWidth)).size, 1, rows.join('\n'));
    assert.ok(lines.some((line) => line.includes(language === 'ja' ? '参加により悪化' : 'loses')));
  }
});

test('display width counts wide characters twice and combining marks not at all', () => {
  assert.equal(displayWidth('鉄ABｱ'), 5);
  assert.equal(displayWidth('か\u3099'), 2);
  assert.equal(displayWidth('（）'), 4);
});
