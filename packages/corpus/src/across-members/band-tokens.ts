// SPDX-License-Identifier: Apache-2.0
import { createHmac, createSecretKey } from 'node:crypto';
import type { Sealed } from '@kiban/core';
import { bandCount, rowsPerBand } from '../deduplicating/min-hash.ts';

/** Bytes of a token. */
export const tokenBytes = 16;

const label = Buffer.from('kiban/dedup/1\0', 'latin1');

/**
 * What members compare: per band the first 16 bytes of HMAC-SHA256(key, "kiban/dedup/1" ‖ 00 ‖ band ‖ eight slots as big-endian words). Equal
 * bands give equal tokens; without the key a token says nothing, and texts cannot be tried out.
 * @param signature 112 words of a dedup shadow of 200 UTF-16 units or more (shorter texts could be guessed), taken after personal data was replaced by typed placeholders
 * @param key 32 bytes that the members of an epoch share and nobody else has
 * @returns 14 tokens, 224 bytes
 */
export function crossMemberTokens(signature: Uint32Array, key: Sealed<Uint8Array>): Uint8Array {
  const tokens = new Uint8Array(bandCount * tokenBytes);
  const message = Buffer.alloc(label.length + 1 + 4 * rowsPerBand);
  label.copy(message);
  // As a key object: with bytes each HMAC would import them anew, at five times the cost.
  const secret = createSecretKey(key.open());
  for (let band = 0; band < bandCount; band += 1) {
    message[label.length] = band;
    for (let row = 0; row < rowsPerBand; row += 1)
      message.writeUInt32BE(signature[band * rowsPerBand + row]!, label.length + 1 + 4 * row);
    const digest = createHmac('sha256', secret).update(message).digest();
    tokens.set(digest.subarray(0, tokenBytes), band * tokenBytes);
  }
  return tokens;
}
