// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { fatalDecoder } from '../text-decoding.ts';

const utf8Flag = 0x800;
const unicodePathField = 0x7075;

interface ExtraField {
  readonly id: number;
  readonly data: Buffer;
}

/**
 * The name of an entry, with `/` between folders. Archives made on Japanese Windows hold names in CP932 without a word about it, those of macOS in
 * UTF-8 likewise; so what is not marked is tried as UTF-8, then as CP932. Bytes of a name that is neither, and control characters, are
 * written `%8d`.
 */
export function entryName(raw: Buffer, flags: number, extraFields: readonly ExtraField[]): string {
  const unicode = extraFields.find(({ id, data }) => id === unicodePathField && isPathOf(data, raw));
  const name =
    (unicode && decode(unicode.data.subarray(5), 'utf-8')) ??
    decode(raw, 'utf-8') ??
    ((flags & utf8Flag) === 0 ? decode(raw, 'cp932') : undefined) ??
    escaped(raw);
  return name.replaceAll('\\', '/').replace(controls, (control) => percent(control.codePointAt(0)!));
}

/** Info-ZIP's field: version 1, CRC-32 of the name it stands for, UTF-8. */
function isPathOf(data: Buffer, raw: Buffer): boolean {
  return data.length > 5 && data[0] === 1 && data.readUInt32LE(1) === crc32(raw);
}

function decode(bytes: Buffer, encoding: 'utf-8' | 'cp932'): string | undefined {
  try {
    return fatalDecoder(encoding).decode(bytes);
  } catch {
    return undefined;
  }
}

function escaped(raw: Buffer): string {
  return [...raw].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : percent(byte))).join('');
}

function percent(code: number): string {
  return `%${code.toString(16).padStart(2, '0')}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Whether an entry's path points out of the archive: absolute, with a drive, or upwards. */
export function leavesArchive(name: string): boolean {
  return name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..');
}
