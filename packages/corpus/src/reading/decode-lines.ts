// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { decoderLabels } from './detect-encoding.ts';
import type { FileFault } from './file-outcome.ts';
import type { TextEncoding } from './text-record.ts';

export interface DecodedLine {
  readonly text: string;
  /** Byte offset where the line begins. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
}

export interface DecodeOptions {
  readonly encoding: TextEncoding;
  readonly skipBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
  readonly onFault: (fault: FileFault) => void;
}

/** Longer lines are cut into pieces of this size when they are plain text, and dropped by name elsewhere. */
export const longestLineBytes = 4 << 20;

/**
 * A file line by line with flat memory. A line with bytes that are not of the encoding is dropped and named with the offset of the first bad
 * byte; the rest goes on. UTF-16 and ISO-2022-JP, whose lines cannot be cut at single bytes, are decoded as a stream.
 */
export async function* decodeLines(path: string, options: DecodeOptions): AsyncGenerator<DecodedLine> {
  const stream = createReadStream(path, {
    start: options.skipBytes,
    highWaterMark: 1 << 20,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (options.encoding.startsWith('utf-16') || options.encoding === 'iso-2022-jp') {
    yield* decodeStream(stream, options);
    return;
  }
  let rest: Buffer = Buffer.alloc(0);
  let offset = options.skipBytes;
  let line = 1;
  const emit = function* (bytes: Buffer): Generator<DecodedLine> {
    const decoded = decodeLine(bytes, options.encoding);
    if (typeof decoded === 'string') yield { text: decoded, offset, line };
    else options.onFault({ reason: 'undecodable-bytes', offset: offset + decoded.badAt, line });
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    options.onBytes(chunk.length);
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10, start); end >= 0; end = rest.indexOf(10, start)) {
      yield* emit(rest.subarray(start, end));
      offset += end + 1 - start;
      start = end + 1;
      line += 1;
    }
    rest = rest.subarray(start);
    if (rest.length > longestLineBytes) {
      options.onFault({ reason: 'line-too-long', offset, line });
      offset += rest.length;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield* emit(rest);
}

function decodeLine(bytes: Buffer, encoding: TextEncoding): string | { readonly badAt: number } {
  const label = decoderLabels[encoding];
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes).replace(/\r$/, '');
  } catch {
    // The longest prefix that decodes ends where the first bad sequence begins.
    let low = 0;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      try {
        new TextDecoder(label, { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
        low = middle;
      } catch {
        high = middle - 1;
      }
    }
    return { badAt: low };
  }
}

async function* decodeStream(stream: AsyncIterable<Buffer>, options: DecodeOptions): AsyncGenerator<DecodedLine> {
  const decoder = new TextDecoder(decoderLabels[options.encoding], { fatal: true });
  let rest = '';
  let line = 1;
  let offset = options.skipBytes;
  for await (const chunk of stream) {
    options.onBytes(chunk.length);
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      options.onFault({ reason: 'undecodable-bytes', offset, line });
      return;
    }
    rest += text;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) {
      yield { text: one.replace(/\r$/, ''), offset, line };
      line += 1;
    }
    offset += chunk.length;
  }
  if (rest !== '') yield { text: rest, offset, line };
}
