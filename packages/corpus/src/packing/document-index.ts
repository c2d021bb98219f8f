// SPDX-License-Identifier: Apache-2.0
import type { DocumentStart } from './row-packer.ts';

/**
 * `NAME.docs.bin` beside a shard: for each document 24 bytes, little-endian, in the order of the rows: u32 row, u32 column of its first id, the
 * first 16 bytes of its digest. Tells which rows a document is in, without its text.
 */
export const documentEntryBytes = 24;

export interface DocumentEntry {
  readonly row: number;
  readonly column: number;
  /** 32 hexadecimal characters. */
  readonly digest: string;
}

export function encodeEntries(row: number, starts: readonly (DocumentStart & { readonly digest: string })[]): Buffer {
  const bytes = Buffer.alloc(starts.length * documentEntryBytes);
  starts.forEach(({ column, digest }, index) => {
    const at = index * documentEntryBytes;
    bytes.writeUInt32LE(row, at);
    bytes.writeUInt32LE(column, at + 4);
    bytes.write(digest.slice(0, 32), at + 8, 'hex');
  });
  return bytes;
}

/** @param bytes a whole number of entries */
export function* decodeEntries(bytes: Uint8Array): Generator<DocumentEntry> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + documentEntryBytes <= buffer.length; at += documentEntryBytes)
    yield {
      row: buffer.readUInt32LE(at),
      column: buffer.readUInt32LE(at + 4),
      digest: buffer.toString('hex', at + 8, at + 24),
    };
}
