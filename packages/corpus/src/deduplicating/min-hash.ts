// SPDX-License-Identifier: Apache-2.0

/**
 * MinHash signatures (Broder 1997) over character 5-grams of the dedup shadow, in 14 bands of 8 rows: 112 slots of 32 bits, 448 bytes. The share
 * of equal slots of two signatures estimates the Jaccard similarity of their gram sets with a standard error of sqrt(J (1-J) / 112), .04 at most
 * where it matters. This file is the definition; `min-hash-kernel.ts` gives the same bits faster.
 */
export const slotCount = 112;
export const bandCount = 14;
export const rowsPerBand = 8;
export const gramPoints = 5;
export const signatureBytes = slotCount * 4;

/** The finaliser of MurmurHash3 (Appleby), 32 bits; a bijection. */
export function mixWord(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Seed k: the finaliser of 0x6B696261 + (k + 1) * 0x9E3779B9 modulo 2^32. */
export const slotSeeds: Uint32Array = Uint32Array.from({ length: slotCount }, (_, slot) =>
  mixWord((0x6b696261 + Math.imul(slot + 1, 0x9e3779b9)) >>> 0),
);

/** One hash per gram of five code points, in order, repeated grams included: FNV-1a over its UTF-16 units, then {@link mixWord}. */
export function gramHashes(shadow: string): Uint32Array {
  const points = Array.from(shadow);
  const hashes = new Uint32Array(Math.max(0, points.length - gramPoints + 1));
  for (let gram = 0; gram < hashes.length; gram += 1) {
    let hash = 0x811c9dc5;
    for (let point = gram; point < gram + gramPoints; point += 1)
      for (let unit = 0; unit < points[point]!.length; unit += 1)
        hash = Math.imul(hash ^ points[point]!.charCodeAt(unit), 0x01000193);
    hashes[gram] = mixWord(hash);
  }
  return hashes;
}

/** Lowers every slot to what the hashes give: slot k is the least `mixWord(hash ^ seed k)`. */
export function lowerSlots(slots: Uint32Array, hashes: Uint32Array): void {
  for (const hash of hashes)
    for (let slot = 0; slot < slotCount; slot += 1) {
      const value = mixWord(hash ^ slotSeeds[slot]!);
      if (value < slots[slot]!) slots[slot] = value;
    }
}

/** The signature of a dedup shadow; `undefined` under five code points, where only the exact digest counts. */
export function plainSignature(shadow: string): Uint32Array | undefined {
  const hashes = gramHashes(shadow);
  if (hashes.length === 0) return undefined;
  const slots = new Uint32Array(slotCount).fill(0xffffffff);
  lowerSlots(slots, hashes);
  return slots;
}

/** How many of the 112 slots are equal. */
export function equalSlots(left: Uint32Array, right: Uint32Array): number {
  let equal = 0;
  for (let slot = 0; slot < slotCount; slot += 1) if (left[slot] === right[slot]) equal += 1;
  return equal;
}

/** A pair is confirmed from .80 of the slots on: 90 of 112. */
export const leastEqualSlots: number = Math.ceil(0.8 * slotCount);

/** Chance that a pair of the given Jaccard similarity (0 to 1) has at least one band in common. */
export function catchProbability(similarity: number): number {
  return 1 - (1 - similarity ** rowsPerBand) ** bandCount;
}
