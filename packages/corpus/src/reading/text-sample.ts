// SPDX-License-Identifier: Apache-2.0
import { isAscii } from 'node:buffer';
import type { Content } from './content.ts';
import { Refusal } from './refusal.ts';

const sampleBytes = 1 << 16;

export interface TextSample {
  /** The first bytes. */
  readonly head: Buffer;
  /** The first bytes or, when those are ASCII, bytes from the line on that first is not. */
  readonly bytes: Buffer;
  readonly offset: number;
  /** Lines before `bytes` in the file, plus 1. */
  readonly line: number;
  /** Whether `bytes` go to the end of the file. */
  readonly isWhole: boolean;
}

/** Bytes to tell the encoding from: a long ASCII beginning says nothing about the encoding of what follows. */
export async function takeSample(content: Content): Promise<TextSample> {
  let head: Buffer | undefined;
  let bytes: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  let isWhole = true;
  try {
    await read();
  } catch (error) {
    // A damaged stream: what it gave before says enough, and reading it tells of the damage.
    if (!(error instanceof Refusal) || (bytes.length === 0 && head === undefined)) throw error;
    isWhole = false;
  }
  if (head === undefined) return { head: bytes, bytes, offset, line, isWhole };
  if (bytes.length === 0) return { head, bytes: head, offset: 0, line: 1, isWhole: false };
  return { head, bytes, offset, line, isWhole };

  async function read(): Promise<void> {
    for await (const chunk of content.stream('sample')) {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (bytes.length <= sampleBytes) continue;
      head ??= bytes.subarray(0, sampleBytes);
      const first = firstTelling(bytes);
      // Of a long ASCII line only its end is kept: ASCII before it changes nothing.
      const keepFrom = first === undefined ? bytes.length : bytes.lastIndexOf(10, first) + 1;
      line += countLines(bytes, keepFrom);
      offset += keepFrom;
      bytes = bytes.subarray(keepFrom);
      if (first !== undefined && bytes.length > sampleBytes) {
        bytes = bytes.subarray(0, sampleBytes);
        isWhole = false;
        return;
      }
    }
  }
}

/** The first byte that is not plain ASCII. */
function firstTelling(bytes: Buffer): number | undefined {
  if (isAscii(bytes) && !bytes.includes(0x1b)) return undefined;
  return bytes.findIndex((byte) => byte >= 0x80 || byte === 0x1b);
}

/** LFs before `end`. */
export function countLines(bytes: Buffer, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}
