// SPDX-License-Identifier: Apache-2.0
import type { NoiseSource } from './rounding-noise.ts';

/** Consecutive values that share one scale; blocks follow one another without gap and do not cross tensors. */
export interface ScaleBlock {
  /** In values, flat order of the whole vector. */
  readonly offset: number;
  readonly length: number;
}

export interface QuantisedBlock {
  /** -limit to limit, one per value. */
  readonly levels: Int8Array;
  /** Values beyond the limit, which became the limit. */
  readonly clippedCount: number;
}

/** A NaN or an infinity at this index: nothing may be sent. */
export interface NotFinite {
  readonly ok: false;
  readonly index: number;
}

export type QuantiseResult = { readonly ok: true; readonly block: QuantisedBlock } | NotFinite;

/**
 * Stochastic rounding: level = clamp(floor(w * x / s + u), -L, L), u = (r + 0.5) / 65536 with r uniform in 16 bits.
 *
 * All in float32: the factor w / s is rounded once, the product once, the sum with u once. u is a multiple of 2^-17 and levels stay below
 * 2^7, so the sum needs 24 bits and the expectation is x * w / s within 2^-17 levels. The clamp comes after u is added: clamped before, a
 * value near the limit can round up beyond it, and 128 wraps to -128 in a byte.
 * @param scale s, positive. @param limit L, 1 to 127.
 * @param weight w, above 0, folded in before rounding.
 * @throws RangeError for a limit outside its range, or a scale and weight without a finite positive quotient.
 */
export function quantiseBlock(
  values: Float32Array,
  scale: number,
  limit: number,
  noise: NoiseSource,
  weight = 1,
): QuantiseResult {
  const levels = new Int8Array(values.length);
  const outcome = quantiseInto(
    values,
    quantisingFactor(scale, weight),
    requireLimit(limit),
    noise(values.length),
    levels,
  );
  return outcome < 0 ? { ok: false, index: ~outcome } : { ok: true, block: { levels, clippedCount: outcome } };
}

export interface QuantiseBlocksInput {
  /** The values of `blocks`, one behind another. */
  readonly values: Float32Array;
  readonly blocks: readonly ScaleBlock[];
  /** Number of `blocks[0]` in the whole vector: says which scales and which noise. */
  readonly firstBlock: number;
  /** One per block of the whole vector, the same for all members. */
  readonly scales: Float32Array;
  readonly limit: number;
  readonly weight?: number;
  /** By block, not by call, so that a chunk quantised again gives the same levels whatever went before. */
  readonly noiseOfBlock: (block: number) => NoiseSource;
}

export type QuantiseBlocksResult =
  | (QuantisedBlock & { readonly ok: true; readonly clippedByBlock: Uint32Array })
  /** `index` counts from the start of the whole vector. */
  | NotFinite;

/** {@link quantiseBlock} for a chunk of whole blocks. @throws RangeError also where values and blocks differ in length. */
export function quantiseBlocks(input: QuantiseBlocksInput): QuantiseBlocksResult {
  const { values, blocks, firstBlock, scales, weight = 1, noiseOfBlock } = input;
  const limit = requireLimit(input.limit);
  if (values.length !== blocks.reduce((sum, { length }) => sum + length, 0))
    throw new RangeError(`${values.length} values do not fill the ${blocks.length} blocks`);
  const levels = new Int8Array(values.length);
  const clippedByBlock = new Uint32Array(blocks.length);
  let clippedCount = 0;
  let start = 0;
  for (const [at, { offset, length }] of blocks.entries()) {
    const end = start + length;
    const factor = quantisingFactor(scales[firstBlock + at] ?? Number.NaN, weight);
    const random = noiseOfBlock(firstBlock + at)(length);
    const outcome = quantiseInto(values.subarray(start, end), factor, limit, random, levels.subarray(start, end));
    if (outcome < 0) return { ok: false, index: offset + ~outcome };
    clippedByBlock[at] = outcome;
    clippedCount += outcome;
    start = end;
  }
  return { ok: true, levels, clippedCount, clippedByBlock };
}

/** @returns how many values were clipped, or `~index` of one that is not finite. */
function quantiseInto(
  values: Float32Array,
  factor: number,
  limit: number,
  random: Uint16Array,
  levels: Int8Array,
): number {
  const { floor, fround } = Math;
  let clippedCount = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    // A finite value taken from itself is zero; a NaN or an infinity gives NaN.
    if (value - value !== 0) return ~index;
    const rounded = floor(fround(fround(value * factor) + (random[index]! + 0.5) / 65_536));
    if (rounded > limit) {
      levels[index] = limit;
      clippedCount += 1;
    } else if (rounded < -limit) {
      levels[index] = -limit;
      clippedCount += 1;
    } else levels[index] = rounded;
  }
  return clippedCount;
}

/** Float32 of weight / scale: what values are multiplied with. @throws RangeError where the quotient is not finite and positive */
export function quantisingFactor(scale: number, weight = 1): number {
  const factor = Math.fround(weight / scale);
  if (!(scale > 0 && factor > 0 && factor < Number.POSITIVE_INFINITY))
    throw new RangeError(`weight ${weight} over scale ${scale} is no factor`);
  return factor;
}

function requireLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 127) throw new RangeError(`limit ${limit} is not 1 to 127`);
  return limit;
}
