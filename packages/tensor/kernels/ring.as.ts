// SPDX-License-Identifier: Apache-2.0
// AssemblyScript, not TypeScript: built by scripts/build-kernels.ts into ring.wasm. Everything works on the imported memory, at addresses
// that `src/ring-kernels.ts` checks; nothing is allocated. Each function has a plain twin in TypeScript that gives the same bits.

/** target += source, words of 8 bits; `end` is the byte behind the target. */
export function add8(target: usize, source: usize, byteLength: usize): void {
  const end = target + byteLength;
  while (target + 16 <= end) {
    v128.store(target, v128.add<u8>(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
  while (target < end) {
    store<u8>(target, load<u8>(target) + load<u8>(source));
    target += 1;
    source += 1;
  }
}

/** target += source, words of 16 bits. */
export function add16(target: usize, source: usize, byteLength: usize): void {
  const end = target + byteLength;
  while (target + 64 <= end) {
    v128.store(target, v128.add<u16>(v128.load(target), v128.load(source)));
    v128.store(target, v128.add<u16>(v128.load(target, 16), v128.load(source, 16)), 16);
    v128.store(target, v128.add<u16>(v128.load(target, 32), v128.load(source, 32)), 32);
    v128.store(target, v128.add<u16>(v128.load(target, 48), v128.load(source, 48)), 48);
    target += 64;
    source += 64;
  }
  while (target < end) {
    store<u16>(target, load<u16>(target) + load<u16>(source));
    target += 2;
    source += 2;
  }
}

/** target += source, words of 32 bits. */
export function add32(target: usize, source: usize, byteLength: usize): void {
  const end = target + byteLength;
  while (target + 16 <= end) {
    v128.store(target, v128.add<u32>(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
  while (target < end) {
    store<u32>(target, load<u32>(target) + load<u32>(source));
    target += 4;
    source += 4;
  }
}

/** target -= source, words of 8 bits. */
export function subtract8(target: usize, source: usize, byteLength: usize): void {
  const end = target + byteLength;
  while (target + 16 <= end) {
    v128.store(target, v128.sub<u8>(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
  while (target < end) {
    store<u8>(target, load<u8>(target) - load<u8>(source));
    target += 1;
    source += 1;
  }
}

/** target -= source, words of 16 bits. */
export function subtract16(target: usize, source: usize, byteLength: usize): void {
  const end = target + byteLength;
  while (target + 64 <= end) {
    v128.store(target, v128.sub<u16>(v128.load(target), v128.load(source)));
    v128.store(target, v128.sub<u16>(v128.load(target, 16), v128.load(source, 16)), 16);
    v128.store(target, v128.sub<u16>(v128.load(target, 32), v128.load(source, 32)), 32);
    v128.store(target, v128.sub<u16>(v128.load(target, 48), v128.load(source, 48)), 48);
    target += 64;
    source += 64;
  }
  while (target < end) {
    store<u16>(target, load<u16>(target) - load<u16>(source));
    target += 2;
    source += 2;
  }
}

/** target -= source, words of 32 bits. */
export function subtract32(target: usize, source: usize, byteLength: usize): void {
  const end = target + byteLength;
  while (target + 16 <= end) {
    v128.store(target, v128.sub<u32>(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
  while (target < end) {
    store<u32>(target, load<u32>(target) - load<u32>(source));
    target += 4;
    source += 4;
  }
}

/** Levels as words of 8 bits. Returns 0 when every level lies in -limit..limit. */
export function widen8(levels: usize, target: usize, count: usize, limit: i32): i32 {
  const end = levels + count;
  const most = i8x16.splat(<i8>limit);
  const least = i8x16.splat(<i8>-limit);
  let beyond = v128.splat<i32>(0);
  while (levels + 16 <= end) {
    const level = v128.load(levels);
    beyond = v128.or(beyond, v128.or(v128.gt<i8>(level, most), v128.lt<i8>(level, least)));
    v128.store(target, level);
    levels += 16;
    target += 16;
  }
  let outside: i32 = i32(v128.any_true(beyond));
  while (levels < end) {
    const level: i32 = load<i8>(levels);
    outside |= i32(level > limit) | i32(level < -limit);
    store<i8>(target, <i8>level);
    levels += 1;
    target += 1;
  }
  return outside;
}

/** Levels as words of 16 bits, in two's complement. Returns 0 when every level lies in -limit..limit. */
export function widen16(levels: usize, target: usize, count: usize, limit: i32): i32 {
  const end = levels + count;
  const most = i8x16.splat(<i8>limit);
  const least = i8x16.splat(<i8>-limit);
  let beyond = v128.splat<i32>(0);
  while (levels + 16 <= end) {
    const level = v128.load(levels);
    beyond = v128.or(beyond, v128.or(v128.gt<i8>(level, most), v128.lt<i8>(level, least)));
    v128.store(target, v128.extend_low<i8>(level));
    v128.store(target, v128.extend_high<i8>(level), 16);
    levels += 16;
    target += 32;
  }
  let outside: i32 = i32(v128.any_true(beyond));
  while (levels < end) {
    const level: i32 = load<i8>(levels);
    outside |= i32(level > limit) | i32(level < -limit);
    store<i16>(target, <i16>level);
    levels += 1;
    target += 2;
  }
  return outside;
}

/** Levels as words of 32 bits, in two's complement. Returns 0 when every level lies in -limit..limit. */
export function widen32(levels: usize, target: usize, count: usize, limit: i32): i32 {
  const end = levels + count;
  let outside: i32 = 0;
  while (levels < end) {
    const level: i32 = load<i8>(levels);
    outside |= i32(level > limit) | i32(level < -limit);
    store<i32>(target, level);
    levels += 1;
    target += 4;
  }
  return outside;
}

/** value = float32(value * factor), the product in float64. */
export function scale(values: usize, count: usize, factor: f64): void {
  const end = values + count * 4;
  const factors = f64x2.splat(factor);
  while (values + 16 <= end) {
    const four = v128.load(values);
    const low = f64x2.promote_low_f32x4(four);
    const high = f64x2.promote_low_f32x4(v128.shuffle<u32>(four, four, 2, 3, 2, 3));
    const scaledLow = f32x4.demote_f64x2_zero(f64x2.mul(low, factors));
    const scaledHigh = f32x4.demote_f64x2_zero(f64x2.mul(high, factors));
    v128.store(values, v128.shuffle<u32>(scaledLow, scaledHigh, 0, 1, 4, 5));
    values += 16;
  }
  while (values < end) {
    store<f32>(values, <f32>(<f64>load<f32>(values) * factor));
    values += 4;
  }
}

/** Word k of the states of the four lanes, from the seed's word k; see `roundingNoise`. */
function seeded(word: i32, k: i32): v128 {
  const golden: i32 = 0x9e3779b9;
  let mixed = i32x4.add(
    i32x4.splat(word),
    i32x4(golden * (k + 1), golden * (k + 5), golden * (k + 9), golden * (k + 13)),
  );
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 16)), i32x4.splat(0x85ebca6b));
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(mixed, i32x4.shr_u(mixed, 16));
}

/**
 * Stochastic rounding of one block, see `quantiseBlock`; noise from xoshiro128+ in four lanes, see `roundingNoise`.
 * `scratch`: 16 bytes for values, 16 for levels. Returns how many were clipped, or ~index of the first value that is not finite.
 */
export function quantise(
  values: usize,
  count: i32,
  factor: f32,
  limit: i32,
  seed: usize,
  levels: usize,
  scratch: usize,
): i32 {
  let s0 = seeded(load<i32>(seed), 0);
  let s1 = seeded(load<i32>(seed, 4), 1);
  let s2 = seeded(load<i32>(seed, 8), 2);
  let s3 = seeded(load<i32>(seed, 12), 3);
  // A lane of zeros never leaves itself.
  const dead = i32x4.eq(v128.or(v128.or(s0, s1), v128.or(s2, s3)), i32x4.splat(0));
  s0 = v128.or(s0, v128.and(dead, i32x4.splat(1)));

  const factors = f32x4.splat(factor);
  const most = f32x4.splat(<f32>limit);
  const least = f32x4.splat(<f32>-limit);
  const half = f32x4.splat(0.5);
  const unit = f32x4.splat(1.0 / 65536.0);
  // Added to a small whole float, it leaves the integer in the lowest bits.
  const magic = f32x4.splat(12582912.0);
  const magicBits = v128.splat<i32>(0x4b400000);
  let clipped = i32x4.splat(0);
  let strange = f32x4.splat(0);

  for (let index: i32 = 0; index < count; index += 4) {
    let from: usize = values + ((<usize>index) << 2);
    let to: usize = levels + <usize>index;
    const short = index + 4 > count;
    if (short) {
      v128.store(scratch, i32x4.splat(0));
      memory.copy(scratch, from, (<usize>(count - index)) << 2);
      from = scratch;
      to = scratch + 16;
    }
    const value = v128.load(from);
    // A finite value taken from itself is zero; a NaN or an infinity gives NaN, which stays.
    strange = f32x4.add(strange, f32x4.sub(value, value));
    const noise = f32x4.mul(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(i32x4.add(s0, s3), 16)), half), unit);
    const rounded = f32x4.floor(f32x4.add(f32x4.mul(value, factors), noise));
    const level = f32x4.pmax(f32x4.pmin(rounded, most), least);
    // Comparisons give -1 where true. The tail's zeros become 0, so they are never clipped.
    clipped = i32x4.sub(clipped, f32x4.ne(level, rounded));
    const words = i32x4.sub(f32x4.add(level, magic), magicBits);
    store<i32>(
      to,
      i32x4.extract_lane(v128.shuffle<i8>(words, words, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0),
    );
    if (short) memory.copy(levels + <usize>index, to, <usize>(count - index));
    const shifted = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, shifted);
    s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
  }
  if (v128.any_true(f32x4.ne(strange, strange))) {
    for (let index: i32 = 0; index < count; index += 1) {
      const value = load<f32>(values + ((<usize>index) << 2));
      if (value - value !== 0) return ~index;
    }
  }
  return (
    i32x4.extract_lane(clipped, 0) +
    i32x4.extract_lane(clipped, 1) +
    i32x4.extract_lane(clipped, 2) +
    i32x4.extract_lane(clipped, 3)
  );
}
