// SPDX-License-Identifier: Apache-2.0

/** Sum of nats over held-out tokens of one member. */
export interface HeldOutLoss {
  readonly nats: number;
  readonly tokens: number;
  /** UTF-8 bytes of the text, for bits per byte. */
  readonly textBytes: number;
}

export interface QualityRow {
  /** start, alone-<member>, shared-base, pooled */
  readonly name: string;
  readonly kind: 'start' | 'alone' | 'shared-base' | 'pooled';
  readonly heldOut: Readonly<Record<string, HeldOutLoss>>;
  /** 0..1 by sector; absent where it was not asked. */
  readonly accuracy: Readonly<Record<string, number>>;
  readonly trainingTokens: number;
}

export interface QualityTable {
  readonly members: readonly string[];
  readonly rows: readonly QualityRow[];
}

export function perplexity(loss: HeldOutLoss): number {
  return Math.exp(loss.nats / loss.tokens);
}

/** exp of the mean of the members' nats per token, each member once. */
export function unionPerplexity(row: QualityRow, members: readonly string[]): number {
  const mean =
    members.reduce((sum, member) => sum + row.heldOut[member]!.nats / row.heldOut[member]!.tokens, 0) / members.length;
  return Math.exp(mean);
}

export function bitsPerByte(row: QualityRow, members: readonly string[]): number {
  const total = members.reduce((sum, member) => sum + row.heldOut[member]!.nats / row.heldOut[member]!.textBytes, 0);
  return total / members.length / Math.LN2;
}

export interface QualityFindings {
  /** Union perplexity of the base over that of pooled training, with equal tokens; the target is at most 1.10. */
  readonly pooledRatio: number | undefined;
  /** 1 - base / best alone, on the union. */
  readonly gainOverBestAlone: number | undefined;
  /** Members whose own model alone is better on their own documents than the base. */
  readonly membersThatLose: readonly string[];
  /** Lowest accuracy of the shared base over the sectors. */
  readonly lowestAccuracy: number | undefined;
  /** Highest accuracy of a model trained alone on a sector that it never saw. */
  readonly highestForeignAccuracy: number | undefined;
}

export function qualityFindings(table: QualityTable): QualityFindings {
  const { members, rows } = table;
  const base = rows.find((row) => row.kind === 'shared-base');
  const pooled = rows.find((row) => row.kind === 'pooled');
  const alone = rows.filter((row) => row.kind === 'alone');
  const own = (row: QualityRow) => row.name.replace(/^alone-/, '');
  const foreign = alone.flatMap((row) =>
    Object.entries(row.accuracy).flatMap(([sector, accuracy]) => (sector === own(row) ? [] : [accuracy])),
  );
  const baseAccuracies = Object.values(base?.accuracy ?? {});
  return {
    pooledRatio: base && pooled ? unionPerplexity(base, members) / unionPerplexity(pooled, members) : undefined,
    gainOverBestAlone:
      base && alone.length > 0
        ? 1 - unionPerplexity(base, members) / Math.min(...alone.map((row) => unionPerplexity(row, members)))
        : undefined,
    membersThatLose: base
      ? alone.filter((row) => perplexity(row.heldOut[own(row)]!) < perplexity(base.heldOut[own(row)]!)).map(own)
      : [],
    lowestAccuracy: baseAccuracies.length > 0 ? Math.min(...baseAccuracies) : undefined,
    highestForeignAccuracy: foreign.length > 0 ? Math.max(...foreign) : undefined,
  };
}
