// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import { deriveQualityLines, type QualityLines } from './derive-quality-lines.ts';
import { displayWidth, padToWidth } from './display-width.ts';
import type { QualityModel, QualityRow, QualityTable } from './quality-table.ts';

type Language = keyof Localised;

const texts = {
  start: { ja: '開始モデル', en: 'start' },
  base: { ja: '共有基盤', en: 'shared base' },
  pooled: { ja: '全データ一括', en: 'pooled' },
  perplexity: { ja: 'パープレキシティ', en: 'held-out perplexity' },
  accuracy: { ja: '正答率', en: 'right answers' },
  union: { ja: '全体', en: 'union' },
  bits: { ja: 'bit/byte', en: 'bits/byte' },
  seconds: { ja: '秒', en: 's' },
} as const satisfies Record<string, Localised>;

/**
 * The table and its derived lines as plain text for a terminal, columns aligned by east-asian width; no line break at the end.
 * @param names of members and sectors; without a name its id is shown
 */
export function renderQualityTable(
  table: QualityTable,
  language: Language,
  names: Readonly<Record<string, Localised>> = {},
): string {
  const name = (id: string) => names[id]?.[language] ?? id;
  const groups = [
    { title: '', columns: [{ head: '', cell: (row: QualityRow) => modelName(row.model, language, name) }] },
    {
      title: texts.perplexity[language],
      columns: [
        ...table.members.map((member) => ({
          head: name(member),
          cell: (row: QualityRow) => fixed(row.perplexity[member], 2),
        })),
        { head: texts.union[language], cell: (row: QualityRow) => fixed(row.unionPerplexity, 2) },
      ],
    },
    { title: '', columns: [{ head: texts.bits[language], cell: (row: QualityRow) => fixed(row.unionBitsPerByte, 3) }] },
    {
      title: table.sectors.length === 0 ? '' : texts.accuracy[language],
      columns: table.sectors.map((sector) => ({ head: name(sector), cell: (row: QualityRow) => share(row, sector) })),
    },
    { title: '', columns: [{ head: texts.seconds[language], cell: (row: QualityRow) => fixed(row.seconds, 0) }] },
  ].filter((group) => group.columns.length > 0);

  const lines = ['', '', ...table.rows.map(() => '')];
  for (const [index, group] of groups.entries()) {
    const cells = group.columns.map((column) => [column.head, ...table.rows.map(column.cell)]);
    const widths = cells.map((column) => Math.max(...column.map(displayWidth)));
    const missing = displayWidth(group.title) - widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1));
    if (missing > 0) widths[0] = (widths[0] as number) + missing;
    const total = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1));
    const gap = index === 0 ? '' : '   ';
    lines[0] += gap + padToWidth(group.title, total, 'left');
    for (let line = 0; line <= table.rows.length; line += 1) {
      const side = index === 0 ? 'left' : 'right';
      const joined = cells
        .map((column, at) => padToWidth(column[line] as string, widths[at] as number, side))
        .join('  ');
      lines[line + 1] += gap + joined;
    }
  }
  return [...lines.map((line) => line.trimEnd()), ...derivedText(deriveQualityLines(table), language, name)].join('\n');
}

function modelName(model: QualityModel, language: Language, name: (id: string) => string): string {
  if (model.kind !== 'alone') return texts[model.kind][language];
  return language === 'ja' ? `${name(model.member)} 単独` : `${name(model.member)} alone`;
}

function derivedText(lines: QualityLines, language: Language, name: (id: string) => string): string[] {
  const found: string[] = [];
  const ja = language === 'ja';
  for (const { member, ratio, basePerplexity, alonePerplexity } of lines.baseAgainstOwn) {
    const figures = `${fixed(basePerplexity, 2)} / ${fixed(alonePerplexity, 2)} = ${fixed(ratio, 3)}`;
    const worse = ratio > 1;
    if (ja)
      found.push(`${name(member)}: 共有基盤 / 自社単独 ${figures}（${worse ? '参加により悪化' : '参加により改善'}）`);
    else found.push(`${name(member)}: base / own alone ${figures} (${worse ? 'loses' : 'gains'} by taking part)`);
  }
  const gain = lines.gainOverBestAlone;
  if (gain !== null) {
    const percent = fixed(Math.abs(1 - gain.ratio) * 100, 1);
    const better = gain.ratio < 1;
    if (ja) found.push(`全体: 最良の単独モデル（${name(gain.member)}）より ${percent} % ${better ? '低い' : '高い'}`);
    else found.push(`union: ${percent} % ${better ? 'below' : 'above'} the best member alone (${name(gain.member)})`);
  }
  const gap = lines.gapToPooled;
  if (gap !== null) {
    if (ja) found.push(`全体: 全データ一括の ${fixed(gap.ratio, 3)} 倍`);
    else found.push(`union: ${fixed(gap.ratio, 3)} times pooled`);
  }
  return found.length === 0 ? [] : ['', ...found];
}

function share(row: QualityRow, sector: string): string {
  const answers = row.accuracy?.[sector];
  return answers === undefined || answers.total === 0 ? '-' : `${fixed((100 * answers.correct) / answers.total, 0)} %`;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
}
