// SPDX-License-Identifier: Apache-2.0
import {
  bitsPerByte,
  perplexity,
  type QualityRow,
  type QualityTable,
  qualityFindings,
  unionPerplexity,
} from './quality-table.ts';

const words = {
  ja: {
    model: 'モデル',
    union: '全体',
    bits: 'bit/byte',
    start: '開始モデル',
    base: '共有基盤',
    pooled: '全部まとめて',
    alone: '単独',
    perplexity: 'パープレキシティ (小さいほどよい)',
    accuracy: '質問の正答率',
    gain: '最良の単独モデルに対する改善',
    ratio: 'まとめて学習した場合との比',
    lose: '単独のほうがよい組織',
  },
  en: {
    model: 'model',
    union: 'union',
    bits: 'bit/byte',
    start: 'start model',
    base: 'shared base',
    pooled: 'pooled',
    alone: 'alone',
    perplexity: 'perplexity (lower is better)',
    accuracy: 'questions answered',
    gain: 'gain over the best member alone',
    ratio: 'ratio to pooled training',
    lose: 'members better off alone',
  },
} as const;

/** Plain text with aligned columns; full-width characters count as two. */
export function renderQualityTable(table: QualityTable, language: 'ja' | 'en'): string {
  const word = words[language];
  const name = (row: QualityRow) =>
    ({
      start: word.start,
      'shared-base': word.base,
      pooled: word.pooled,
      alone: `${word.alone}: ${row.name.replace(/^alone-/, '')}`,
    })[row.kind];
  const percent = (value: number | undefined) => (value === undefined ? '–' : `${(value * 100).toFixed(0)}%`);
  const header = [word.model, ...table.members, word.union, word.bits, ...table.members.map((member) => `${member} ?`)];
  const body = table.rows.map((row) => [
    name(row),
    ...table.members.map((member) => perplexity(row.heldOut[member]!).toFixed(2)),
    unionPerplexity(row, table.members).toFixed(3),
    bitsPerByte(row, table.members).toFixed(3),
    ...table.members.map((member) => percent(row.accuracy[member])),
  ]);
  const findings = qualityFindings(table);
  const notes = [
    findings.gainOverBestAlone === undefined
      ? undefined
      : `${word.gain}: ${(findings.gainOverBestAlone * 100).toFixed(1)}%`,
    findings.pooledRatio === undefined ? undefined : `${word.ratio}: ${findings.pooledRatio.toFixed(3)}`,
    findings.membersThatLose.length === 0 ? undefined : `${word.lose}: ${findings.membersThatLose.join(', ')}`,
  ].filter((note) => note !== undefined);
  return [`${word.perplexity} · ? = ${word.accuracy}`, ...align([header, ...body]), ...notes].join('\n');
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column]!))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column]! - displayWidth(cell));
        return column === 0 ? cell + padding : padding + cell;
      })
      .join('  '),
  );
}

/** Columns in a terminal: East Asian wide characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
      character,
    )
      ? 2
      : 1;
  return width;
}
