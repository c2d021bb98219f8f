// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { canonicalText, fromBase64, h, sameBytes, toBase64 } from './byte-encoding.ts';

/** Ed25519 SPKI in DER: a fixed head, then the 32 bytes. */
const spkiHead = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

export function publicKeyOf(spki: string): Uint8Array {
  const der = fromBase64(spki);
  if (der.length !== 44 || !sameBytes(der.subarray(0, 12), spkiHead)) throw new Error('no Ed25519 SPKI');
  return der.subarray(12);
}

export function signText(kind: string, body: object, seed: Uint8Array): string {
  const text = canonicalText(body);
  return canonicalText({ body: text, signature: toBase64(ed25519.sign(h('sign', [kind, text]), seed)) });
}

/** The body's text. @throws Error when the signature is not that key's */
export function openText(kind: string, text: string, publicKey: Uint8Array): string {
  const envelope = JSON.parse(text) as { body: string; signature: string };
  if (canonicalText(envelope) !== text) throw new Error(`${kind}: not canonical`);
  if (!ed25519.verify(fromBase64(envelope.signature), h('sign', [kind, envelope.body]), publicKey)) {
    throw new Error(`${kind}: signature`);
  }
  return envelope.body;
}
