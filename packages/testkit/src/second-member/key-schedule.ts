// SPDX-License-Identifier: Apache-2.0
import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, encodeParts, type Part } from './byte-encoding.ts';

/** One row of the key schedule: 32 bytes from HKDF-SHA-256. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, label: string, indices: readonly Part[]): Uint8Array {
  return hkdf(sha256, secret, salt, encodeParts(label, indices), 32);
}

export function channelKey(
  t1: Uint8Array,
  from: number,
  to: number,
  encapsulated: Uint8Array,
  agreed: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  return deriveKey(concatBytes(encapsulated, agreed), t1, 'channel', [from, to, sha256(ciphertext)]);
}

export function pairSecret(
  t2: Uint8Array,
  low: number,
  high: number,
  lowToHigh: Uint8Array,
  highToLow: Uint8Array,
  agreed: Uint8Array,
): Uint8Array {
  return deriveKey(concatBytes(lowToHigh, highToLow, agreed), t2, 'pair', [low, high]);
}

function associated(salt: Uint8Array, from: number, to: number): Uint8Array {
  return encodeParts('associated', [salt, from, to]);
}

/** AES-256-GCM; 12 bytes of nonce in front, 16 of tag behind. */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  salt: Uint8Array,
  from: number,
  to: number,
  plaintext: Uint8Array,
): Uint8Array {
  return concatBytes(nonce, gcm(key, nonce, associated(salt, from, to)).encrypt(plaintext));
}

/** @throws Error unless every byte is right */
export function unseal(key: Uint8Array, salt: Uint8Array, from: number, to: number, box: Uint8Array): Uint8Array {
  return gcm(key, box.subarray(0, 12), associated(salt, from, to)).decrypt(box.subarray(12));
}
