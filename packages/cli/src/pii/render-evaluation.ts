// SPDX-License-Identifier: Apache-2.0
import { type EvaluationReport, type EvaluationRow, evaluationLimits } from '@kiban/pii';
import type { Language } from '../language.ts';

/** The tables of an evaluation. */
export function renderEvaluation(report: EvaluationReport, language: Language): string[] {
  const text = (ja: string, en: string) => (language === 'ja' ? ja : en);
  const { numbers, namesAndAddresses, falseHitsPer10000 } = evaluationLimits;
  const heads = [
    text('再現率', 'recall'),
    text('適合率', 'precision'),
    text('正解', 'labelled'),
    text('検査数字違いを要確認に', 'wrong check for review'),
    text('文脈なしの数字の誤検出', 'bare digits hit'),
  ];
  return [
    text(
      `合成した試験文 ${report.samples} 件 (種 ${report.seed})。人も番号も実在しない。`,
      `${report.samples} synthetic samples (seed ${report.seed}). No person or number is real.`,
    ),
    '',
    ...table([text('種別', 'class'), ...heads], report.byClass),
    '',
    ...table([text('書き方', 'variant'), ...heads], report.byVariant),
    '',
    text(
      `物の番号 ${report.decoys.numbers} 個のうち誤検出 ${report.decoys.falseHits} 個 (1 万個あたり ${report.decoys.per10000.toFixed(2)}、上限 ${falseHitsPer10000})、要確認 ${report.decoys.suspects} 個`,
      `Numbers of things: ${report.decoys.numbers}, false hits ${report.decoys.falseHits} (${report.decoys.per10000.toFixed(2)} in 10,000, limit ${falseHitsPer10000}); for review ${report.decoys.suspects}`,
    ),
    text(
      `個人データのない行 ${report.cleanLines.lines} 行のうち誤検出 ${report.cleanLines.falseHits} 個`,
      `Lines without personal data: ${report.cleanLines.lines}, false hits ${report.cleanLines.falseHits}`,
    ),
    text(
      `下限: 番号 再現率 ${numbers.recall}・適合率 ${numbers.precision}、氏名と住所 ${namesAndAddresses.recall}・${namesAndAddresses.precision}`,
      `Limits: numbers recall ${numbers.recall} and precision ${numbers.precision}, names and addresses ${namesAndAddresses.recall} and ${namesAndAddresses.precision}`,
    ),
    ...(report.missed.length === 0
      ? [text('すべて満たした。', 'All met.')]
      : [text('満たさないもの:', 'Missed:'), ...report.missed.map((one) => `  ${one}`)]),
  ];
}

function table(heads: readonly string[], rows: readonly EvaluationRow[]): string[] {
  const share = (value: number | undefined) => value?.toFixed(3) ?? '-';
  const cells = rows.map((row) => [
    row.name,
    share(row.recall),
    share(row.precision),
    String(row.labelled),
    row.doubtful === 0 ? '' : `${row.flagged}/${row.doubtful}`,
    row.bare === 0 ? '' : `${row.bareHits}/${row.bare}`,
  ]);
  const all = [heads, ...cells];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => width(row[column]!))));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - width(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Columns on a terminal: kana and kanji take two. */
function width(text: string): number {
  return [...text].reduce((sum, one) => sum + (one > '\u2e7f' ? 2 : 1), 0);
}
