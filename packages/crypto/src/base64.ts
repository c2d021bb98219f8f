// SPDX-License-Identifier: Apache-2.0

/** Base64 of RFC 4648 section 4, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Strict: `undefined` unless the text is exactly what {@link encodeBase64} gives, and of the given length in bytes. */
export function decodeBase64(text: string, length?: number): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return undefined;
  if (length !== undefined && bytes.length !== length) return undefined;
  return new Uint8Array(bytes);
}
