// SPDX-License-Identifier: Apache-2.0
// AssemblyScript, not TypeScript: built by scripts/build-kernels.ts into text.wasm. Everything works on the imported memory, at addresses that
// `src/deduplicating/min-hash-kernel.ts` and `src/quality/repetition-kernel.ts` lay out; nothing is allocated. Each function has a plain twin in
// TypeScript that gives the same bits.

const fnvBasis: u32 = 0x811c9dc5;
const fnvPrime: u32 = 0x01000193;

// @ts-expect-error: decorator
function mixed(word: u32): u32 {
  word = (word ^ (word >> 16)) * 0x85ebca6b;
  word = (word ^ (word >> 13)) * 0xc2b2ae35;
  return word ^ (word >> 16);
}

// @ts-expect-error: decorator
function mixed4(words: v128): v128 {
  words = i32x4.mul(v128.xor(words, i32x4.shr_u(words, 16)), i32x4.splat(0x85ebca6b));
  words = i32x4.mul(v128.xor(words, i32x4.shr_u(words, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(words, i32x4.shr_u(words, 16));
}

// @ts-expect-error: decorator
function isHigh(unit: u32): bool {
  return (unit & 0xfc00) === 0xd800;
}

// @ts-expect-error: decorator
function isLow(unit: u32): bool {
  return (unit & 0xfc00) === 0xdc00;
}

/**
 * Hashes of the grams of five code points of a text, each gram's units through FNV-1a (32 bits, one step per unit) and the finaliser of
 * MurmurHash3. `hashes` has place for as many words as the text has units, and four more. Returns how many there are.
 */
export function gramHashes(text: usize, unitCount: i32, hashes: usize): i32 {
  if (unitCount < 5) return 0;
  const end = text + ((<usize>unitCount) << 1);
  let surrogates = i16x8.splat(0);
  let at = text;
  for (; at + 16 <= end; at += 16)
    surrogates = v128.or(
      surrogates,
      i16x8.eq(v128.and(v128.load(at), i16x8.splat(<i16>0xf800)), i16x8.splat(<i16>0xd800)),
    );
  let any = v128.any_true(surrogates);
  for (; at < end; at += 2) any = any || (<u32>load<u16>(at) & 0xf800) === 0xd800;
  if (any) return gramHashesOfPoints(text, end, hashes);
  const count = unitCount - 4;
  // Reads up to six bytes behind the text, which are the caller's, and writes up to three hashes behind the last one.
  for (let gram = 0; gram < count; gram += 4) {
    const from = text + ((<usize>gram) << 1);
    let words = i32x4.splat(fnvBasis);
    words = i32x4.mul(v128.xor(words, v128.load_ext<u16>(from)), i32x4.splat(fnvPrime));
    words = i32x4.mul(v128.xor(words, v128.load_ext<u16>(from, 2)), i32x4.splat(fnvPrime));
    words = i32x4.mul(v128.xor(words, v128.load_ext<u16>(from, 4)), i32x4.splat(fnvPrime));
    words = i32x4.mul(v128.xor(words, v128.load_ext<u16>(from, 6)), i32x4.splat(fnvPrime));
    words = i32x4.mul(v128.xor(words, v128.load_ext<u16>(from, 8)), i32x4.splat(fnvPrime));
    v128.store(hashes + ((<usize>gram) << 2), mixed4(words));
  }
  return count;
}

function gramHashesOfPoints(text: usize, end: usize, hashes: usize): i32 {
  let count = 0;
  for (let from = text; from < end; ) {
    let at = from;
    let next = end;
    let word = fnvBasis;
    let point = 0;
    for (; point < 5 && at < end; point += 1) {
      const unit: u32 = load<u16>(at);
      word = (word ^ unit) * fnvPrime;
      at += 2;
      if (isHigh(unit) && at < end && isLow(load<u16>(at))) {
        word = (word ^ <u32>load<u16>(at)) * fnvPrime;
        at += 2;
      }
      if (point === 0) next = at;
    }
    if (point < 5) return count;
    store<u32>(hashes + ((<usize>count) << 2), mixed(word));
    count += 1;
    from = next;
  }
  return count;
}

/** slot = min(slot, finaliser(hash XOR seed)) for 112 slots and every hash; unsigned. `seeds` and `slots` have 112 words. */
export function lowerSlots(hashes: usize, count: i32, seeds: usize, slots: usize): void {
  const end = hashes + ((<usize>count) << 2);
  for (let block: usize = 0; block < 448; block += 64) {
    const seed0 = v128.load(seeds + block);
    const seed1 = v128.load(seeds + block, 16);
    const seed2 = v128.load(seeds + block, 32);
    const seed3 = v128.load(seeds + block, 48);
    let slot0 = v128.load(slots + block);
    let slot1 = v128.load(slots + block, 16);
    let slot2 = v128.load(slots + block, 32);
    let slot3 = v128.load(slots + block, 48);
    for (let at = hashes; at < end; at += 4) {
      const hash = v128.load_splat<u32>(at);
      slot0 = i32x4.min_u(slot0, mixed4(v128.xor(hash, seed0)));
      slot1 = i32x4.min_u(slot1, mixed4(v128.xor(hash, seed1)));
      slot2 = i32x4.min_u(slot2, mixed4(v128.xor(hash, seed2)));
      slot3 = i32x4.min_u(slot3, mixed4(v128.xor(hash, seed3)));
    }
    v128.store(slots + block, slot0);
    v128.store(slots + block, slot1, 16);
    v128.store(slots + block, slot2, 32);
    v128.store(slots + block, slot3, 48);
  }
}

const firstTable: i32 = 8192;

/** Finds or makes the slot of a key (not 0) in a table of `mask + 1` words with linear probing. */
// @ts-expect-error: decorator
function slotOf(keys: usize, mask: u32, key: u32): u32 {
  let slot = ((key * 0x9e3779b1) >> 15) & mask;
  let held = load<u32>(keys + ((<usize>slot) << 2));
  while (held !== key && held !== 0) {
    slot = (slot + 1) & mask;
    held = load<u32>(keys + ((<usize>slot) << 2));
  }
  return slot;
}

/**
 * Repetition of n-grams, n = 2 to 10, in a window of up to 4,096 code points, exact: a gram is named by the name of the gram one shorter and its
 * last point, and only grams whose shorter one is repeated can be repeated. `points` has 4,096 words and is overwritten by the names of points;
 * `work` has 114,692 bytes; `out` gets four words per n: occurrences of the most frequent gram, distinct
 * grams, distinct grams seen more than once, all grams. After them, for n = 5: occurrences covered by the most frequent grams, as many as the
 * square root of the distinct ones, counting only repeated grams.
 */
export function repetition(points: usize, count: i32, work: usize, out: usize): void {
  // work: names of grams 4,096 words | positions 4,096 words | keys 8,192 words | counts 8,192 words | histogram 4,097 words
  const names = work;
  const positions = names + 16384;
  const keys = positions + 16384;
  const counts = keys + 32768;
  const histogram = counts + 32768;

  memory.fill(keys, 0, 32768);
  for (let index = 0; index < count; index += 1) {
    const at = points + ((<usize>index) << 2);
    const key = load<u32>(at) + 1;
    const slot = slotOf(keys, firstTable - 1, key);
    store<u32>(keys + ((<usize>slot) << 2), key);
    store<u32>(at, slot);
    store<u32>(names + ((<usize>index) << 2), slot);
    store<u32>(positions + ((<usize>index) << 2), index);
  }

  let candidates = count;
  for (let n = 2; n <= 10; n += 1) {
    let size = 16;
    while (size < candidates * 2) size <<= 1;
    const mask: u32 = size - 1;
    memory.fill(keys, 0, (<usize>size) << 2);
    memory.fill(counts, 0, (<usize>size) << 2);
    let distinct = 0;
    let repeated = 0;
    let most: u32 = 0;
    let kept = 0;
    for (let candidate = 0; candidate < candidates; candidate += 1) {
      const position = load<u32>(positions + ((<usize>candidate) << 2));
      if (<i32>position + n > count) continue;
      const at = names + ((<usize>position) << 2);
      const key = ((load<u32>(at) << 13) | load<u32>(points + ((<usize>(position + n - 1)) << 2))) + 1;
      const slot = slotOf(keys, mask, key);
      const counter = counts + ((<usize>slot) << 2);
      const seen = load<u32>(counter) + 1;
      store<u32>(keys + ((<usize>slot) << 2), key);
      store<u32>(counter, seen);
      store<u32>(at, slot);
      store<u32>(positions + ((<usize>kept) << 2), position);
      kept += 1;
      if (seen === 1) distinct += 1;
      else if (seen === 2) repeated += 1;
      if (seen > most) most = seen;
    }
    const total = max(0, count - n + 1);
    const row = out + ((<usize>(n - 2)) << 4);
    store<u32>(row, kept === 0 && total > 0 ? 1 : most);
    store<u32>(row, distinct + total - kept, 4);
    store<u32>(row, repeated, 8);
    store<u32>(row, total, 12);
    if (n === 5)
      store<u32>(out + 144, coveredByMostFrequent(counts, size, histogram, count, distinct + total - kept, repeated));
    candidates = 0;
    for (let candidate = 0; candidate < kept; candidate += 1) {
      const position = load<u32>(positions + ((<usize>candidate) << 2));
      const slot = load<u32>(names + ((<usize>position) << 2));
      if (load<u32>(counts + ((<usize>slot) << 2)) < 2) continue;
      store<u32>(positions + ((<usize>candidates) << 2), position);
      candidates += 1;
    }
  }
}

function coveredByMostFrequent(
  counts: usize,
  size: i32,
  histogram: usize,
  count: i32,
  distinct: i32,
  repeated: i32,
): i32 {
  let left = min(repeated, <i32>Math.floor(Math.sqrt(<f64>distinct)));
  if (left === 0) return 0;
  memory.fill(histogram, 0, (<usize>(count + 1)) << 2);
  for (let slot = 0; slot < size; slot += 1) {
    const at = histogram + ((<usize>load<u32>(counts + ((<usize>slot) << 2))) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let covered = 0;
  for (let times = count; times >= 2 && left > 0; times -= 1) {
    const taken = min(left, <i32>load<u32>(histogram + ((<usize>times) << 2)));
    covered += taken * times;
    left -= taken;
  }
  return covered;
}
