// SPDX-License-Identifier: Apache-2.0

/** Scale of a block = clipFactor * max(rms, floor) / levelLimit; made from public figures only, the same for every member. */
export interface ScaleRule {
  readonly levelLimit: number;
  /** Values beyond clipFactor * rms are clipped (and counted). 12 suits 8-bit levels. */
  readonly clipFactor: number;
}

/** Smallest root mean square that a block may have: below it a block is treated as still. */
export const smallestBlockRms = 1e-8;

export function scalesFromRms(blockRms: Float32Array, rule: ScaleRule): Float32Array {
  return blockRms.map((rms) => Math.fround((rule.clipFactor * Math.max(rms, smallestBlockRms)) / rule.levelLimit));
}

export function rmsFromScales(scales: Float32Array, rule: ScaleRule): Float32Array {
  return scales.map((scale) => (scale * rule.levelLimit) / rule.clipFactor);
}

/**
 * Moving average of block energies after an opened sum. Single updates of N members are up to sqrt(N) times as long as their mean
 * when they disagree, so the mean's energy is multiplied by N: an upper bound that costs at most log2(sqrt(N)) bits.
 */
export function nextBlockRms(previous: Float32Array, meanUpdateRms: Float32Array, memberCount: number): Float32Array {
  return previous.map((rms, block) => {
    const seen = meanUpdateRms[block]!;
    return Math.fround(Math.sqrt(0.5 * rms * rms + 0.5 * memberCount * seen * seen));
  });
}

/** Above 0.2 % clipped the factor grows by a quarter, below 0.02 % it shrinks by a tenth, within 6..48. */
export function nextClipFactor(clipFactor: number, clippedFraction: number): number {
  const next = clippedFraction > 0.002 ? clipFactor * 1.25 : clippedFraction < 0.0002 ? clipFactor * 0.9 : clipFactor;
  return Math.min(48, Math.max(6, next));
}
