// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Dictionary, parseDictionary } from 'structured-headers';
import { encodeBase64 } from './base64.ts';

/** One digest of a `Content-Digest` field (RFC 9530 section 2). */
export interface ContentDigest {
  readonly algorithm: 'sha-256' | 'sha-512';
  readonly value: Uint8Array;
}

const sizes = { 'sha-256': 32, 'sha-512': 64 } as const;

/** `sha-256=:...:` of the raw body. */
export function contentDigest(body: Uint8Array): string {
  return contentDigestOf(createHash('sha256').update(body).digest());
}

/** The field for a SHA-256 that was computed while streaming: 32 bytes, or 64 hexadecimal characters. */
export function contentDigestOf(sha256: Uint8Array | string): string {
  const bytes = typeof sha256 === 'string' ? Buffer.from(sha256, 'hex') : sha256;
  if (bytes.length !== 32) throw new RangeError('a SHA-256 has 32 bytes');
  return `sha-256=:${encodeBase64(bytes)}:`;
}

/** The sha-256 and sha-512 members; `undefined` when the field is malformed or has neither. Other algorithms are ignored. */
export function parseContentDigest(field: string): readonly ContentDigest[] | undefined {
  let members: Dictionary;
  try {
    members = parseDictionary(field);
  } catch {
    return undefined;
  }
  const digests: ContentDigest[] = [];
  for (const algorithm of ['sha-256', 'sha-512'] as const) {
    const member = members.get(algorithm);
    if (member === undefined) continue;
    const value = member[0];
    if (!(value instanceof ArrayBuffer) || value.byteLength !== sizes[algorithm]) return undefined;
    digests.push({ algorithm, value: new Uint8Array(value) });
  }
  return digests.length > 0 ? digests : undefined;
}

/** True when every digest given is that of the body. */
export function contentDigestMatches(digests: readonly ContentDigest[], body: Uint8Array): boolean {
  return (
    digests.length > 0 &&
    digests.every(({ algorithm, value }) => {
      const actual = createHash(algorithm === 'sha-256' ? 'sha256' : 'sha512')
        .update(body)
        .digest();
      return actual.length === value.length && timingSafeEqual(actual, value);
    })
  );
}
