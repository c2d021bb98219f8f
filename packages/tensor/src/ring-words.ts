// SPDX-License-Identifier: Apache-2.0

/** Words of a ring: 8, 16 or 32 bits, unsigned; sums wrap. */
export type RingWords = Uint8Array | Uint16Array | Uint32Array;

/** target += source, modulo 2^bits. Lengths must be equal. */
export function addWords(target: RingWords, source: RingWords): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! += source[index]!;
}

/** target -= source, modulo 2^bits. */
export function subtractWords(target: RingWords, source: RingWords): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! -= source[index]!;
}

/** Sums of N members stay within the ring only if N * L <= 2^(bits-1) - 1: overflow would be silent, so it is excluded beforehand. */
export function fitsRing(memberCount: number, levelLimit: number, bits: 8 | 16 | 32): boolean {
  return memberCount * levelLimit <= 2 ** (bits - 1) - 1;
}

function requireEqualLength(a: RingWords, b: RingWords): void {
  if (a.length !== b.length || a.BYTES_PER_ELEMENT !== b.BYTES_PER_ELEMENT)
    throw new RangeError('words of different length or width');
}
