// SPDX-License-Identifier: Apache-2.0
import {
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  type KeyObject,
} from 'node:crypto';

/** One side of a key agreement: X25519 (RFC 7748) or ML-KEM-768 (FIPS 203). */
export interface AgreementKeyPair {
  /** Raw bytes: 32 for X25519, 1,184 for ML-KEM-768. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export interface Encapsulation {
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array;
  /** 1,088 bytes. */
  readonly ciphertext: Uint8Array;
}

/** @param seed 32 random bytes */
export function x25519KeyPair(seed: Uint8Array): AgreementKeyPair {
  return keyPair(createPrivateKey({ key: Buffer.from(seed), format: 'raw-private', asymmetricKeyType: 'x25519' }));
}

/** @param seed 64 random bytes, d then z (FIPS 203 section 7.1) */
export function mlKem768KeyPair(seed: Uint8Array): AgreementKeyPair {
  return keyPair(createPrivateKey({ key: Buffer.from(seed), format: 'raw-seed', asymmetricKeyType: 'ml-kem-768' }));
}

/** 32 bytes; `undefined` for a peer's key that cannot be imported or has low order. */
export function x25519SharedSecret(privateKey: KeyObject, peerPublicKey: Uint8Array): Uint8Array | undefined {
  const publicKey = importPublicKey(peerPublicKey, 'x25519');
  if (publicKey === undefined) return undefined;
  try {
    return new Uint8Array(diffieHellman({ privateKey, publicKey }));
  } catch {
    return undefined;
  }
}

/** Randomised by OpenSSL, not seedable. `undefined` for a malformed public key. */
export function mlKem768Encapsulate(peerPublicKey: Uint8Array): Encapsulation | undefined {
  const publicKey = importPublicKey(peerPublicKey, 'ml-kem-768');
  if (publicKey === undefined) return undefined;
  const { sharedKey, ciphertext } = encapsulate(publicKey);
  return { sharedSecret: new Uint8Array(sharedKey), ciphertext: new Uint8Array(ciphertext) };
}

/**
 * 32 bytes; `undefined` only for a ciphertext of a wrong length. A changed ciphertext gives *another* secret (implicit rejection), so
 * something authenticated must be opened with what comes out.
 */
export function mlKem768Decapsulate(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array | undefined {
  if (ciphertext.length !== 1088) return undefined;
  try {
    return new Uint8Array(decapsulate(privateKey, ciphertext));
  } catch {
    return undefined;
  }
}

/** Whether raw bytes are a public key that can be imported (ML-KEM: the modulus check of FIPS 203 section 7.2). */
export function isAgreementPublicKey(bytes: Uint8Array, type: 'x25519' | 'ml-kem-768'): boolean {
  return importPublicKey(bytes, type) !== undefined;
}

function importPublicKey(bytes: Uint8Array, type: 'x25519' | 'ml-kem-768'): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(bytes), format: 'raw-public', asymmetricKeyType: type });
  } catch {
    return undefined;
  }
}

function keyPair(privateKey: KeyObject): AgreementKeyPair {
  const publicKey = createPublicKey(privateKey).export({ format: 'raw-public' });
  return { publicKey: new Uint8Array(publicKey), privateKey };
}
