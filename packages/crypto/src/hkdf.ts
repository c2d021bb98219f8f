// SPDX-License-Identifier: Apache-2.0
import { hkdfSync } from 'node:crypto';

/** HKDF-SHA-256 (RFC 5869), extract and expand. `length` in bytes, 32 unless given. */
export function hkdfSha256(input: {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly length?: number;
}): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', input.secret, input.salt, input.info, input.length ?? 32));
}
