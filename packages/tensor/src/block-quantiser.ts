// SPDX-License-Identifier: Apache-2.0

/** Uniform 16-bit noise for stochastic rounding, in flat order. */
export type NoiseSource = (count: number) => Uint16Array;

export interface QuantisedBlock {
  /** Levels in -limit..limit. */
  readonly levels: Int8Array;
  /** Values that were cut off at the limit. */
  readonly clippedCount: number;
}

export type QuantiseResult =
  | { readonly ok: true; readonly block: QuantisedBlock }
  /** NaN or infinity at this index: nothing may be sent. */
  | { readonly ok: false; readonly index: number };

/**
 * v = clamp(floor(x / scale + u), -limit, limit) with u = (r16 + 0.5) / 65536: unbiased (worst bias 8e-6 levels). Clamped after u is added, as
 * in float32 127 + u can reach 128.
 * @param limit at most 127.
 */
export function quantiseBlock(values: Float32Array, scale: number, limit: number, noise: NoiseSource): QuantiseResult {
  const levels = new Int8Array(values.length);
  const random = noise(values.length);
  const inverse = 1 / scale;
  let clippedCount = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    if (!Number.isFinite(value)) return { ok: false, index };
    const u = (random[index]! + 0.5) / 65_536;
    const level = Math.floor(value * inverse + u);
    if (level > limit) {
      levels[index] = limit;
      clippedCount += 1;
    } else if (level < -limit) {
      levels[index] = -limit;
      clippedCount += 1;
    } else levels[index] = level;
  }
  return { ok: true, block: { levels, clippedCount } };
}

/** Root mean square of a block. */
export function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return values.length === 0 ? 0 : Math.sqrt(sum / values.length);
}

/**
 * xoshiro128+ (Blackman and Vigna), upper 16 bits: noise for rounding only, seeded per use from strong random bytes. Never for privacy noise.
 * @param seed 16 bytes, not all zero.
 */
export function roundingNoise(seed: Uint8Array): NoiseSource {
  const view = new DataView(seed.buffer, seed.byteOffset, 16);
  const s = Uint32Array.from({ length: 4 }, (_, index) => view.getUint32(index * 4, true));
  if (s.every((word) => word === 0)) throw new RangeError('the seed is all zero');
  return (count) => {
    const out = new Uint16Array(count);
    for (let index = 0; index < count; index += 1) {
      out[index] = (s[0]! + s[3]!) >>> 16;
      const shifted = s[1]! << 9;
      s[2]! ^= s[0]!;
      s[3]! ^= s[1]!;
      s[1]! ^= s[2]!;
      s[0]! ^= s[3]!;
      s[2]! ^= shifted;
      s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    }
    return out;
  };
}
