// SPDX-License-Identifier: Apache-2.0
import type { TextEncoding } from './text-record.ts';

/** WHATWG label of each encoding; `shift_jis` there is Windows-31J. */
const labels: Readonly<Record<TextEncoding, string>> = {
  'utf-8': 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  cp932: 'shift_jis',
  'euc-jp': 'euc-jp',
  'iso-2022-jp': 'iso-2022-jp',
};

export type FatalDecoder = InstanceType<typeof TextDecoder>;

/** A decoder that throws at the first bad byte. Take a fresh one after it threw: its state is undefined then. */
export function fatalDecoder(encoding: TextEncoding): FatalDecoder {
  return new TextDecoder(labels[encoding], { fatal: true, ignoreBOM: true });
}

/** A decoder that gives U+FFFD for bad bytes, where the caller looks for it. */
export function looseDecoder(encoding: TextEncoding): FatalDecoder {
  return new TextDecoder(labels[encoding]);
}

/** Offset of the first byte of the first sequence that does not decode, or undefined when all does (a character cut off at the end does not). */
export function firstBadByte(bytes: Uint8Array, encoding: TextEncoding): number | undefined {
  if (decodesWhole(bytes, encoding)) return undefined;
  // Shortest prefix in which an error has already shown; every longer one shows it too.
  let low = 0;
  let high = bytes.length + 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (middle <= bytes.length && hasNoErrorYet(bytes.subarray(0, middle), encoding)) low = middle;
    else high = middle;
  }
  // The error shows up to three bytes after the start of its sequence: step back to where all before it is complete.
  for (let length = low; length >= 0 && length > low - 8; length -= 1) {
    if (decodesWhole(bytes.subarray(0, length), encoding)) return length;
  }
  return low;
}

function decodesWhole(bytes: Uint8Array, encoding: TextEncoding): boolean {
  try {
    fatalDecoder(encoding).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function hasNoErrorYet(bytes: Uint8Array, encoding: TextEncoding): boolean {
  try {
    fatalDecoder(encoding).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Bytes of one code unit: where line ends are looked for. */
export function unitBytes(encoding: TextEncoding): 1 | 2 {
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? 2 : 1;
}

/**
 * Largest length up to `limit` at which `bytes`, which begin at a character, may be cut without splitting one.
 * Undefined for ISO-2022-JP, whose meaning depends on what came before.
 */
export function characterBoundary(bytes: Uint8Array, limit: number, encoding: TextEncoding): number | undefined {
  switch (encoding) {
    case 'utf-8': {
      let cut = limit;
      while (cut > 0 && cut > limit - 4 && (bytes[cut]! & 0xc0) === 0x80) cut -= 1;
      return cut;
    }
    case 'utf-16le':
    case 'utf-16be': {
      const cut = limit & ~1;
      const high = bytes[cut - (encoding === 'utf-16le' ? 1 : 2)]!;
      return high >= 0xd8 && high <= 0xdb ? cut - 2 : cut;
    }
    case 'cp932':
      return walk(bytes, limit, (byte) => ((byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc) ? 2 : 1));
    case 'euc-jp':
      return walk(bytes, limit, (byte) => (byte === 0x8f ? 3 : byte === 0x8e || byte >= 0xa1 ? 2 : 1));
    case 'iso-2022-jp':
      return undefined;
  }
}

function walk(bytes: Uint8Array, limit: number, width: (lead: number) => number): number {
  let at = 0;
  while (at < limit) {
    const next = at + width(bytes[at]!);
    if (next > limit) return at;
    at = next;
  }
  return at;
}
