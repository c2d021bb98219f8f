// SPDX-License-Identifier: Apache-2.0
import { deriveQualityLines } from './derive-quality-lines.ts';
import { findQualityRow, type QualityRow, type QualityTable } from './quality-table.ts';

export interface QualityBounds {
  /** The base answers at least this share of every sector's questions. */
  readonly minimumBaseAccuracy: number;
  /** A member alone answers less than this share of any other sector's questions. */
  readonly maximumForeignAccuracy: number;
  /** Union perplexity of base / pooled is at most this. */
  readonly maximumGapToPooled: number;
}

export const defaultQualityBounds: QualityBounds = {
  minimumBaseAccuracy: 0.6,
  maximumForeignAccuracy: 0.15,
  maximumGapToPooled: 1.1,
};

export interface QualityVerdict {
  readonly name: 'base-accuracy' | 'foreign-accuracy' | 'gap-to-pooled' | 'base-beats-best-alone';
  /** Null if what it needs was not measured: not met, not failed. */
  readonly met: boolean | null;
  /** The worst figure found. */
  readonly figure: number | null;
  readonly bound: number;
  /** Where the worst figure stands: a sector, or `member>sector`. */
  readonly where: string | null;
}

/** Whether the table meets the bounds, with the worst figure of each. Sectors are named like the members that own them. */
export function judgeQualityTable(
  table: QualityTable,
  bounds: QualityBounds = defaultQualityBounds,
): readonly QualityVerdict[] {
  const lines = deriveQualityLines(table);
  const base = findQualityRow(table, 'base');
  const own = table.sectors.map((sector) => ({ where: sector, figure: base && accuracyOf(base, sector) }));
  const foreign = table.rows.flatMap((row) => {
    const { model } = row;
    if (model.kind !== 'alone') return [];
    return table.sectors
      .filter((sector) => sector !== model.member)
      .map((sector) => ({ where: `${model.member}>${sector}`, figure: accuracyOf(row, sector) }));
  });
  const gap = lines.gapToPooled?.ratio;
  const gain = lines.gainOverBestAlone;
  return [
    verdict(
      'base-accuracy',
      own,
      (a, b) => a - b,
      bounds.minimumBaseAccuracy,
      (figure, bound) => figure >= bound,
    ),
    verdict(
      'foreign-accuracy',
      foreign,
      (a, b) => b - a,
      bounds.maximumForeignAccuracy,
      (figure, bound) => figure < bound,
    ),
    verdict(
      'gap-to-pooled',
      [{ where: null, figure: gap }],
      () => 0,
      bounds.maximumGapToPooled,
      (figure, bound) => figure <= bound,
    ),
    verdict(
      'base-beats-best-alone',
      [{ where: gain?.member ?? null, figure: gain?.ratio }],
      () => 0,
      1,
      (figure, bound) => figure < bound,
    ),
  ];
}

function verdict(
  name: QualityVerdict['name'],
  found: readonly { readonly where: string | null; readonly figure: number | undefined }[],
  worstFirst: (a: number, b: number) => number,
  bound: number,
  meets: (figure: number, bound: number) => boolean,
): QualityVerdict {
  const known = found.flatMap(({ where, figure }) => (figure === undefined ? [] : [{ where, figure }]));
  const worst = known.toSorted((a, b) => worstFirst(a.figure, b.figure))[0];
  if (worst === undefined) return { name, met: null, figure: null, bound, where: null };
  if (!meets(worst.figure, bound)) return { name, met: false, figure: worst.figure, bound, where: worst.where };
  // A bound on all holds only if all were measured.
  return { name, met: known.length === found.length ? true : null, figure: worst.figure, bound, where: worst.where };
}

function accuracyOf(row: QualityRow, sector: string): number | undefined {
  const answers = row.accuracy?.[sector];
  return answers === undefined || answers.total === 0 ? undefined : answers.correct / answers.total;
}
