// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { hkdfSha256 } from '@kiban/crypto';
import { encodeParts, h } from './transcript.ts';

/** Keys and commitments of the protocol; every index is a member's number in the roster, every result 32 bytes. */

/** Seals the two shares that `from` gives to `to`. `encapsulated` is the secret of the ciphertext from `from`. */
export function channelKey(input: {
  readonly t1: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly encapsulated: Uint8Array;
  readonly agreed: Uint8Array;
  readonly ciphertext: Uint8Array;
}): Uint8Array {
  const hash = createHash('sha256').update(input.ciphertext).digest();
  return hkdfSha256({
    secret: Buffer.concat([input.encapsulated, input.agreed]),
    salt: input.t1,
    info: encodeParts('channel', [input.from, input.to, hash]),
  });
}

/** s_ij: both directions encapsulate, so both ends contribute. `lowToHigh` is the secret of the ciphertext from the lower number. */
export function pairSecret(input: {
  readonly t2: Uint8Array;
  readonly low: number;
  readonly high: number;
  readonly lowToHigh: Uint8Array;
  readonly highToLow: Uint8Array;
  readonly agreed: Uint8Array;
}): Uint8Array {
  return hkdfSha256({
    secret: Buffer.concat([input.lowToHigh, input.highToLow, input.agreed]),
    salt: input.t2,
    info: encodeParts('pair', [input.low, input.high]),
  });
}

/** Seals a member's pair secrets, so that a dropped member's streams can be removed: encapsulation cannot be repeated from a private key. */
export function boxSealingKey(boxKey: Uint8Array, t2: Uint8Array, index: number): Uint8Array {
  return hkdfSha256({ secret: boxKey, salt: t2, info: encodeParts('box', [index]) });
}

export type MaskedKind = 'words' | 'scalars';

export function pairMaskKey(pair: Uint8Array, t3: Uint8Array, kind: MaskedKind, low: number, high: number): Uint8Array {
  return hkdfSha256({ secret: pair, salt: t3, info: encodeParts(`mask/${kind}`, [low, high]) });
}

export function ownMaskKey(seed: Uint8Array, t3: Uint8Array, kind: MaskedKind, index: number): Uint8Array {
  return hkdfSha256({ secret: seed, salt: t3, info: encodeParts(`self/${kind}`, [index]) });
}

/** Associated data of a box: the salt of its key, sender and receiver. */
export function associatedData(salt: Uint8Array, from: number, to: number): Uint8Array {
  return encodeParts('associated', [salt, from, to]);
}

export type SecretKind = 'self' | 'box';

export function secretCommitment(kind: SecretKind, t1: Uint8Array, dealer: number, secret: Uint8Array): Uint8Array {
  return h(`commit/${kind}`, [t1, dealer, secret]);
}

export function shareCommitment(
  kind: SecretKind,
  t1: Uint8Array,
  dealer: number,
  holder: number,
  share: Uint8Array,
): Uint8Array {
  return h('commit/share', [t1, dealer, holder, kind, share]);
}

export function pairCommitment(t2: Uint8Array, low: number, high: number, secret: Uint8Array): Uint8Array {
  return h('commit/pair', [t2, low, high, secret]);
}

/** Salted, else the hub could test a guessed update. */
export function updateCommitment(salt: Uint8Array, wordsDigest: Uint8Array): Uint8Array {
  return h('commit/update', [salt, wordsDigest]);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
