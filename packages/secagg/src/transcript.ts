// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** A number is an index: 16 bits, big-endian. Text is UTF-8. */
export type Part = Uint8Array | string | number;

/** `"kiban/secagg/v1/" + label + LF`, then each part behind its length (32 bits, big-endian). Injective, so it also serves as HKDF info. */
export function encodeParts(label: string, parts: readonly Part[]): Uint8Array {
  const pieces: Uint8Array[] = [Buffer.from(`kiban/secagg/v1/${label}\n`)];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : typeof part === 'number' ? indexBytes(part) : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    pieces.push(length, bytes);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** SHA-256 of {@link encodeParts}: every hash of the protocol is this one under its own label. */
export function h(label: string, parts: readonly Part[]): Uint8Array {
  return new Uint8Array(createHash('sha256').update(encodeParts(label, parts)).digest());
}

/** One member's signed text, as it entered a list. */
export interface ListedText {
  readonly index: number;
  readonly text: string;
}

/**
 * T1 to T4. `before` is the plan's digest for `keys`, else the transcript of the list before. Ordered by index, whatever the order given.
 */
export function transcript(
  label: 'keys' | 'shares' | 'confirms' | 'survivors',
  before: Uint8Array,
  listed: readonly ListedText[],
): Uint8Array {
  const parts: Part[] = [before];
  for (const { index, text } of [...listed].sort((a, b) => a.index - b.index)) {
    parts.push(index, createHash('sha256').update(text).digest());
  }
  return h(label, parts);
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function indexBytes(index: number): Uint8Array {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(index);
  return bytes;
}
