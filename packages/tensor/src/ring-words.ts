// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

/** Words of a ring modulo 2^8, 2^16 or 2^32: unsigned here, two's complement when a sum is opened. */
export type RingWords = Uint8Array | Uint16Array | Uint32Array;
export type RingBits = 8 | 16 | 32;

/** target += source, modulo 2^16. @throws RangeError for unequal lengths, as all functions of this file */
export function addWords16(target: Uint16Array, source: Uint16Array): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! += source[index]!;
}

/** target -= source, modulo 2^16. */
export function subtractWords16(target: Uint16Array, source: Uint16Array): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! -= source[index]!;
}

/** target += source, modulo 2^32. */
export function addWords32(target: Uint32Array, source: Uint32Array): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! += source[index]!;
}

/** target -= source, modulo 2^32. */
export function subtractWords32(target: Uint32Array, source: Uint32Array): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! -= source[index]!;
}

/** target += source, modulo 2^8. */
export function addWords8(target: Uint8Array, source: Uint8Array): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! += source[index]!;
}

/** target -= source, modulo 2^8. */
export function subtractWords8(target: Uint8Array, source: Uint8Array): void {
  requireEqualLength(target, source);
  for (let index = 0; index < target.length; index += 1) target[index]! -= source[index]!;
}

/** target += source in the ring of their width. A loop per width: one loop that meets several array types runs eight times slower. */
export function addWords(target: RingWords, source: RingWords): void {
  if (target instanceof Uint16Array && source instanceof Uint16Array) addWords16(target, source);
  else if (target instanceof Uint32Array && source instanceof Uint32Array) addWords32(target, source);
  else if (target instanceof Uint8Array && source instanceof Uint8Array) addWords8(target, source);
  else throw new RangeError('words of different width');
}

/** target -= source in the ring of their width. */
export function subtractWords(target: RingWords, source: RingWords): void {
  if (target instanceof Uint16Array && source instanceof Uint16Array) subtractWords16(target, source);
  else if (target instanceof Uint32Array && source instanceof Uint32Array) subtractWords32(target, source);
  else if (target instanceof Uint8Array && source instanceof Uint8Array) subtractWords8(target, source);
  else throw new RangeError('words of different width');
}

/** Signed levels as words of 16 bits: -1 becomes 65,535. */
export function widenInt8ToWords16(levels: Int8Array, target: Uint16Array): void {
  requireEqualLength(target, levels);
  for (let index = 0; index < target.length; index += 1) target[index] = levels[index]!;
}

/** The words as the signed integers that they stand for, on the same memory. */
export function signedWords(words: RingWords): Int8Array | Int16Array | Int32Array {
  const { buffer, byteOffset, length } = words;
  if (words instanceof Uint8Array) return new Int8Array(buffer, byteOffset, length);
  if (words instanceof Uint16Array) return new Int16Array(buffer, byteOffset, length);
  return new Int32Array(buffer, byteOffset, length);
}

/** Sums of N members stay within the ring only if N * L <= 2^(bits-1) - 1: overflow would be silent, so it is excluded beforehand. */
export function fitsRing(memberCount: number, levelLimit: number, bits: RingBits): boolean {
  return memberCount * levelLimit <= 2 ** (bits - 1) - 1;
}

/** {@link fitsRing} for a caller that cannot go on. @throws KibanError `ring-overflow` */
export function assertNoOverflow(memberCount: number, levelLimit: number, bits: RingBits): void {
  if (fitsRing(memberCount, levelLimit, bits)) return;
  const most = Math.floor((2 ** (bits - 1) - 1) / levelLimit);
  throw new KibanError({
    code: 'ring-overflow',
    status: 422,
    title: { ja: '合計が語長に収まりません', en: 'The sum does not fit the words' },
    detail: {
      ja: `${bits} ビットの語では上限 ${levelLimit} の値を ${most} 参加者までしか足せません (計画は ${memberCount})。語長を増やすか、上限を下げてください。`,
      en: `Words of ${bits} bits hold the sum of values up to ${levelLimit} from ${most} members; the plan has ${memberCount}. Take wider words or a lower limit.`,
    },
  });
}

function requireEqualLength(target: RingWords, source: RingWords | Int8Array): void {
  if (target.length !== source.length) throw new RangeError(`${source.length} words into ${target.length}`);
}
