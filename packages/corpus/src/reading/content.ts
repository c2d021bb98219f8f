// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { ReadingLimits } from './reading-limits.ts';
import { Refusal } from './refusal.ts';

/** Bytes at any place, as archives need them. */
export interface RandomAccess {
  readonly bytes: number;
  /** Fewer bytes than asked for only at the end. */
  readAt(position: number, length: number): Promise<Buffer>;
}

/** The bytes of a file or entry. A stream can be taken more than once, each time from the beginning. */
export interface Content {
  stream(purpose: 'sample' | 'read'): AsyncIterable<Buffer>;
  /** Where bytes are at hand without holding them all. */
  readonly randomAccess?: RandomAccess;
}

const chunkBytes = 1 << 18;

export interface FileReading {
  /** Called with the length of each chunk that is read, not of those of a sample. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function fileContent(handle: FileHandle, bytes: number, { onBytes, signal }: FileReading): Content {
  const randomAccess: RandomAccess = { bytes, readAt: (position, length) => readFully(handle, position, length) };
  return {
    randomAccess,
    async *stream(purpose) {
      for (let position = 0; ; ) {
        signal?.throwIfAborted();
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        if (purpose === 'read') onBytes?.(bytesRead);
        yield buffer.subarray(0, bytesRead);
      }
    },
  };
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

export function heldContent(bytes: Buffer): Content {
  return {
    randomAccess: {
      bytes: bytes.length,
      readAt: async (position, length) => bytes.subarray(position, position + length),
    },
    async *stream() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

/** All bytes at once. @throws Refusal `too-large-to-hold` */
export async function hold(content: Content, { maxHeldBytes }: ReadingLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of content.stream('read')) {
    length += chunk.length;
    if (length > maxHeldBytes) throw new Refusal('too-large-to-hold', `> ${maxHeldBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
