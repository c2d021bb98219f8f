// SPDX-License-Identifier: Apache-2.0

/** Which model a row measures. */
export type QualityModel =
  | { readonly kind: 'start' }
  | { readonly kind: 'alone'; readonly member: string }
  | { readonly kind: 'base' }
  /** All data in one place; only where every set is public or synthetic. */
  | { readonly kind: 'pooled' };

/** A model's loss on one member's held-out text. */
export interface HeldOutLoss {
  /** Sum over the tokens of -ln p. */
  readonly nats: number;
  readonly tokens: number;
  /** UTF-8 bytes of the text that the tokens stand for. */
  readonly textBytes: number;
}

/** Answers to one sector's questions. */
export interface SectorAccuracy {
  readonly correct: number;
  readonly total: number;
  /** Of the share of right answers, clustered by fact. */
  readonly standardError?: number;
}

/** What was measured of one model. */
export interface QualityMeasurement {
  readonly model: QualityModel;
  /** By member. Every row needs the same members. */
  readonly heldOut: Readonly<Record<string, HeldOutLoss>>;
  /** By sector; a sector that was not asked is left out. */
  readonly accuracy?: Readonly<Record<string, SectorAccuracy>>;
  /** Training time; 0 for the start model. */
  readonly seconds: number;
  /** Tokens trained on beyond the start model. */
  readonly trainedTokens?: number;
}

export interface QualityRow extends QualityMeasurement {
  /** exp(nats per token), by member. */
  readonly perplexity: Readonly<Record<string, number>>;
  /** exp of the mean over the members of their nats per token, each member once. */
  readonly unionPerplexity: number;
  /** By member. */
  readonly bitsPerByte: Readonly<Record<string, number>>;
  /** Mean over the members, each once. */
  readonly unionBitsPerByte: number;
}

/** The table that ends every run. JSON-safe. */
export interface QualityTable {
  readonly version: 1;
  readonly members: readonly string[];
  readonly sectors: readonly string[];
  /** In the order start, alone (as `members`), base, pooled. */
  readonly rows: readonly QualityRow[];
}

const order = { start: 0, alone: 1, base: 2, pooled: 3 } as const;

/**
 * @throws RangeError if a row lacks a member, names an unknown one, appears twice, or counts no token: such a table would compare
 *   different things
 */
export function buildQualityTable(
  members: readonly string[],
  measurements: readonly QualityMeasurement[],
): QualityTable {
  if (members.length === 0) throw new RangeError('a quality table needs members');
  const rows = measurements.map((measurement) => buildRow(members, measurement));
  rows.sort((a, b) => position(members, a.model) - position(members, b.model));
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (next !== undefined && qualityModelKey(next.model) === qualityModelKey(row.model)) {
      throw new RangeError(`two rows for ${qualityModelKey(row.model)}`);
    }
  }
  const sectors = [...new Set(rows.flatMap((row) => Object.keys(row.accuracy ?? {})))];
  const rank = (sector: string) => (members.includes(sector) ? members.indexOf(sector) : members.length);
  sectors.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return { version: 1, members, sectors, rows };
}

/** `start`, `alone:steel`, `base` or `pooled`. */
export function qualityModelKey(model: QualityModel): string {
  return model.kind === 'alone' ? `alone:${model.member}` : model.kind;
}

/** The row of a model, if it was measured. */
export function findQualityRow(table: QualityTable, key: string): QualityRow | undefined {
  return table.rows.find((row) => qualityModelKey(row.model) === key);
}

function position(members: readonly string[], model: QualityModel): number {
  return order[model.kind] * (members.length + 1) + (model.kind === 'alone' ? members.indexOf(model.member) : 0);
}

function buildRow(members: readonly string[], measurement: QualityMeasurement): QualityRow {
  const key = qualityModelKey(measurement.model);
  if (measurement.model.kind === 'alone' && !members.includes(measurement.model.member)) {
    throw new RangeError(`${key} is no member of this table`);
  }
  const unknown = Object.keys(measurement.heldOut).find((member) => !members.includes(member));
  if (unknown !== undefined) throw new RangeError(`${key} has a held-out loss of ${unknown}, which is no member`);
  const perplexity: Record<string, number> = {};
  const bitsPerByte: Record<string, number> = {};
  let natsPerToken = 0;
  let bits = 0;
  for (const member of members) {
    const loss = measurement.heldOut[member];
    if (loss === undefined) throw new RangeError(`${key} has no held-out loss of ${member}`);
    if (!(loss.tokens > 0 && loss.textBytes > 0)) throw new RangeError(`${key} counts no token of ${member}`);
    perplexity[member] = Math.exp(loss.nats / loss.tokens);
    bitsPerByte[member] = loss.nats / loss.textBytes / Math.LN2;
    natsPerToken += loss.nats / loss.tokens / members.length;
    bits += bitsPerByte[member] / members.length;
  }
  return { ...measurement, perplexity, unionPerplexity: Math.exp(natsPerToken), bitsPerByte, unionBitsPerByte: bits };
}
