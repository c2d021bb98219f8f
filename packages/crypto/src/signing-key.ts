// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson, type RandomSource, Sealed, systemRandom } from '@kiban/core';
import { encodeBase64 } from './base64.ts';
import { keyUnreadable } from './problems.ts';

/** An Ed25519 public key (RFC 8032). */
export interface VerifyKey {
  /** RFC 7638 thumbprint: base64url SHA-256 of the JWK's required members. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** An Ed25519 key pair. A `KeyObject` shows nothing when it is printed. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly verifyKey: VerifyKey;
}

/** Public part of a JSON Web Key for Ed25519 (RFC 8037). */
export interface Ed25519PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** Base64url of the 32 bytes. */
  readonly x: string;
}

export interface Ed25519PrivateJwk extends Ed25519PublicJwk {
  readonly d: string;
}

/** Draws 32 bytes from `random`. */
export function generateSigningKey(random: RandomSource = systemRandom): SigningKey {
  const seed = Buffer.from(random.bytes(32));
  return signingKeyOf(createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' }));
}

/** PKCS#8 PEM. @throws KibanError `key-unreadable` (422) */
export function signingKeyFromPem(pem: Sealed<string> | string): SigningKey {
  const text = typeof pem === 'string' ? pem : pem.open();
  return readKey(() => signingKeyOf(createPrivateKey(text)));
}

/** @throws KibanError `key-unreadable` (422) */
export function signingKeyFromJwk(jwk: Sealed<Ed25519PrivateJwk>): SigningKey {
  return readKey(() => signingKeyOf(createPrivateKey({ key: { ...jwk.open() }, format: 'jwk' })));
}

export function signingKeyToPem(key: SigningKey): Sealed<string> {
  return new Sealed(key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
}

export function signingKeyToJwk(key: SigningKey): Sealed<Ed25519PrivateJwk> {
  const { d } = key.privateKey.export({ format: 'jwk' });
  return new Sealed({ ...verifyKeyToJwk(key.verifyKey), d: d as string });
}

/** Keys read before: the same few come with every request and in every list, and reading one costs more than a verification. */
const knownKeys = new Map<string, VerifyKey>();
const mostKnownKeys = 1_024;

/** SPKI DER, as bytes or as padded base64. @throws KibanError `key-unreadable` (422) */
export function verifyKeyFromSpki(spki: Uint8Array | string): VerifyKey {
  if (typeof spki !== 'string') return readSpki(spki);
  const known = knownKeys.get(spki);
  if (known !== undefined) return known;
  const key = readSpki(spki);
  if (knownKeys.size >= mostKnownKeys) knownKeys.clear();
  knownKeys.set(spki, key);
  return key;
}

function readSpki(spki: Uint8Array | string): VerifyKey {
  const der = typeof spki === 'string' ? Buffer.from(spki, 'base64') : Buffer.from(spki);
  return readKey(() => {
    const key = verifyKeyOf(createPublicKey({ key: der, format: 'der', type: 'spki' }));
    if (typeof spki === 'string' && verifyKeyToSpki(key) !== spki) throw new Error('not the one encoding of this key');
    return key;
  });
}

/** SPKI PEM. @throws KibanError `key-unreadable` (422) */
export function verifyKeyFromPem(pem: string): VerifyKey {
  return readKey(() => verifyKeyOf(createPublicKey(pem)));
}

/** @throws KibanError `key-unreadable` (422) */
export function verifyKeyFromJwk(jwk: Ed25519PublicJwk): VerifyKey {
  return readKey(() => verifyKeyOf(createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' })));
}

/** Padded base64 of the 44 bytes of SPKI DER: the form in which plans and records carry a key. */
export function verifyKeyToSpki(key: VerifyKey): string {
  return encodeBase64(key.publicKey.export({ format: 'der', type: 'spki' }));
}

export function verifyKeyToPem(key: VerifyKey): string {
  return key.publicKey.export({ format: 'pem', type: 'spki' }) as string;
}

export function verifyKeyToJwk(key: VerifyKey): Ed25519PublicJwk {
  return publicJwk(key.publicKey);
}

/** Deterministic; 64 bytes. */
export function signBytes(key: SigningKey, data: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, data, key.privateKey));
}

export function verifyBytes(key: VerifyKey, data: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, data, key.publicKey, signature);
}

function signingKeyOf(privateKey: KeyObject): SigningKey {
  const verifyKey = verifyKeyOf(createPublicKey(privateKey));
  return { keyId: verifyKey.keyId, privateKey, verifyKey };
}

function verifyKeyOf(publicKey: KeyObject): VerifyKey {
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
  const keyId = createHash('sha256')
    .update(canonicalJson(publicJwk(publicKey)))
    .digest('base64url');
  return { keyId, publicKey };
}

function publicJwk(publicKey: KeyObject): Ed25519PublicJwk {
  const { x } = publicKey.export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x: x as string };
}

function readKey<K>(read: () => K): K {
  try {
    return read();
  } catch (error) {
    throw keyUnreadable(error);
  }
}
