// SPDX-License-Identifier: Apache-2.0
import { findQualityRow, type QualityRow, type QualityTable } from './quality-table.ts';

export interface MemberComparison {
  readonly member: string;
  readonly basePerplexity: number;
  readonly alonePerplexity: number;
  /** base / alone on the member's own held-out text; above 1 the member loses by taking part. */
  readonly ratio: number;
}

/** What follows from the table; null where a row that it needs was not measured. */
export interface QualityLines {
  /** Of the models trained alone, the one with the lowest union perplexity; `ratio` = base / that one, below 1 is a gain. */
  readonly gainOverBestAlone: {
    readonly member: string;
    readonly bestAlonePerplexity: number;
    readonly basePerplexity: number;
    readonly ratio: number;
  } | null;
  /** `ratio` = union perplexity of base / pooled. */
  readonly gapToPooled: {
    readonly pooledPerplexity: number;
    readonly basePerplexity: number;
    readonly ratio: number;
  } | null;
  /** Members that lose come first, the greatest loss at the top. */
  readonly baseAgainstOwn: readonly MemberComparison[];
  /** False also if the rows to tell are missing. */
  readonly baseBeatsBestAlone: boolean;
}

export function deriveQualityLines(table: QualityTable): QualityLines {
  const base = findQualityRow(table, 'base');
  const pooled = findQualityRow(table, 'pooled');
  const alone = table.rows.flatMap((row) => (row.model.kind === 'alone' ? [{ member: row.model.member, row }] : []));
  const best = alone.toSorted((a, b) => a.row.unionPerplexity - b.row.unionPerplexity)[0];
  const gainOverBestAlone =
    base === undefined || best === undefined
      ? null
      : {
          member: best.member,
          bestAlonePerplexity: best.row.unionPerplexity,
          basePerplexity: base.unionPerplexity,
          ratio: base.unionPerplexity / best.row.unionPerplexity,
        };
  const gapToPooled =
    base === undefined || pooled === undefined
      ? null
      : {
          pooledPerplexity: pooled.unionPerplexity,
          basePerplexity: base.unionPerplexity,
          ratio: base.unionPerplexity / pooled.unionPerplexity,
        };
  return {
    gainOverBestAlone,
    gapToPooled,
    baseAgainstOwn: base === undefined ? [] : alone.map(({ member, row }) => compare(member, base, row)).sort(byRatio),
    baseBeatsBestAlone: gainOverBestAlone !== null && gainOverBestAlone.ratio < 1,
  };
}

function compare(member: string, base: QualityRow, own: QualityRow): MemberComparison {
  const basePerplexity = base.perplexity[member] as number;
  const alonePerplexity = own.perplexity[member] as number;
  return { member, basePerplexity, alonePerplexity, ratio: basePerplexity / alonePerplexity };
}

function byRatio(a: MemberComparison, b: MemberComparison): number {
  return b.ratio - a.ratio;
}
