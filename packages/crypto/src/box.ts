// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv } from 'node:crypto';

const nonceLength = 12;
const tagLength = 16;

/**
 * AES-256-GCM (NIST SP 800-38D). The result is nonce, ciphertext, tag.
 * @param input.key 32 bytes, used for few messages: the nonce is random
 * @param input.nonce 12 random bytes
 */
export function sealBox(input: {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
  readonly plaintext: Uint8Array;
}): Uint8Array {
  if (input.nonce.length !== nonceLength) throw new RangeError('a nonce has 12 bytes');
  const cipher = createCipheriv('aes-256-gcm', input.key, input.nonce, { authTagLength: tagLength });
  cipher.setAAD(input.associatedData);
  const body = cipher.update(input.plaintext);
  return new Uint8Array(Buffer.concat([input.nonce, body, cipher.final(), cipher.getAuthTag()]));
}

/** `undefined` unless key, associated data and every byte are right. */
export function openBox(input: {
  readonly key: Uint8Array;
  readonly associatedData: Uint8Array;
  readonly box: Uint8Array;
}): Uint8Array | undefined {
  const { box } = input;
  if (box.length < nonceLength + tagLength) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', input.key, box.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(input.associatedData);
  decipher.setAuthTag(box.subarray(box.length - tagLength));
  const body = decipher.update(box.subarray(nonceLength, box.length - tagLength));
  try {
    return new Uint8Array(Buffer.concat([body, decipher.final()]));
  } catch {
    return undefined;
  }
}
