// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@kiban/core';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { recordSignatureInvalid } from './problems.ts';
import {
  type SigningKey,
  signBytes,
  type VerifyKey,
  verifyBytes,
  verifyKeyFromSpki,
  verifyKeyToSpki,
} from './signing-key.ts';

/** What lies beside a signed record. Who the key belongs to is for the reader to know; the key in it only makes the arithmetic possible. */
export interface RecordSignature {
  readonly algorithm: 'ed25519';
  /** RFC 7638 thumbprint of `publicKey`. */
  readonly keyId: string;
  /** SPKI DER in base64. */
  readonly publicKey: string;
  /** Base64 of 64 bytes. */
  readonly value: string;
}

/**
 * Ed25519 over the type, a line feed and the record's canonical JSON (RFC 8785).
 * @param type names what is signed and its version, for example `kiban/data-card/1`, so that no signature serves for something else
 */
export function signRecord(key: SigningKey, type: string, record: unknown): RecordSignature {
  return {
    algorithm: 'ed25519',
    keyId: key.keyId,
    publicKey: verifyKeyToSpki(key.verifyKey),
    value: encodeBase64(signBytes(key, signedBytes(type, record))),
  };
}

/** @returns the key that signed. @throws KibanError `record-signature-invalid` (422) */
export function verifyRecord(type: string, record: unknown, signature: RecordSignature): VerifyKey {
  const key = keyOf(signature);
  const value = decodeBase64(signature.value, 64);
  const right = value !== undefined && verifyBytes(key, signedBytes(type, record), value);
  if (!right || key.keyId !== signature.keyId) throw recordSignatureInvalid();
  return key;
}

function keyOf({ publicKey }: RecordSignature): VerifyKey {
  try {
    return verifyKeyFromSpki(publicKey);
  } catch (cause) {
    throw recordSignatureInvalid(cause);
  }
}

function signedBytes(type: string, record: unknown): Uint8Array {
  return Buffer.from(`${type}\n${canonicalJson(record)}`, 'utf8');
}
