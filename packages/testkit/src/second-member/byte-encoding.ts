// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** Text is UTF-8, a number an index of 16 bits. */
export type Part = Uint8Array | string | number;

export { bytesToHex, concatBytes };

/** Label and parts, each part behind its length in 32 bits; big-endian. */
export function encodeParts(label: string, parts: readonly Part[]): Uint8Array {
  const pieces: Uint8Array[] = [utf8ToBytes(`kiban/secagg/v1/${label}\n`)];
  for (const part of parts) {
    const bytes =
      typeof part === 'number'
        ? Uint8Array.of(part >> 8, part & 255)
        : typeof part === 'string'
          ? utf8ToBytes(part)
          : part;
    pieces.push(Uint8Array.of(bytes.length >>> 24, bytes.length >>> 16, bytes.length >>> 8, bytes.length), bytes);
  }
  return concatBytes(...pieces);
}

export function h(label: string, parts: readonly Part[]): Uint8Array {
  return sha256(encodeParts(label, parts));
}

export function sha256OfText(text: string): Uint8Array {
  return sha256(utf8ToBytes(text));
}

/** T1 to T4: numbers and the SHA-256 of each signed text, in order of the numbers. */
export function transcript(
  label: string,
  before: Uint8Array,
  listed: readonly { readonly index: number; readonly text: string }[],
): Uint8Array {
  return h(label, [before, ...listed.flatMap(({ index, text }) => [index, sha256OfText(text)])]);
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** RFC 8785 for what the protocol's texts hold: objects, lists, strings, booleans and safe integers. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('only safe integers');
  return JSON.stringify(value);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return bytesToHex(a) === bytesToHex(b);
}
