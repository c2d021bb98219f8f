// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import serialise from 'canonicalize';
import type { Sha256Digest } from './ids.ts';

/** RFC 8785 (JCS) text of a JSON value. `undefined` members are left out; a value that is not JSON throws. */
export function canonicalJson(value: unknown): string {
  const text = serialise(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** SHA-256 of exact bytes, or of a string's UTF-8. */
export function sha256Hex(data: Uint8Array | string): Sha256Digest {
  return createHash('sha256').update(data).digest('hex') as Sha256Digest;
}
