// SPDX-License-Identifier: Apache-2.0
import type { FaultListener } from './fault-listener.ts';
import { listedFaults } from './file-outcome.ts';
import { characterBoundary, type FatalDecoder, fatalDecoder, firstBadByte, unitBytes } from './text-decoding.ts';
import type { TextEncoding } from './text-record.ts';

export interface DecodedLine {
  /** Without its LF; a CR before it is still there. */
  readonly text: string;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Counted from 1. */
  readonly number: number;
  /** The line was too long: the next one continues it. */
  readonly continues: boolean;
}

export interface DecodeLinesOptions {
  readonly encoding: TextEncoding;
  /** Offset of the first chunk in the file: the length of the byte order mark. */
  readonly startOffset: number;
  readonly maxLineBytes: number;
  /** What happens to a longer line: it is cut at a character, or dropped and named. */
  readonly longLines: 'cut' | 'drop';
  readonly onFault: FaultListener;
  /** Asked at the end: the stream broke off, so its last line may not be whole and is left out. */
  readonly isCutShort?: () => boolean;
}

/**
 * Decodes a stream of bytes in blocks of whole lines, so that memory does not grow with the file. A line that does not decode is left out and
 * named with the offset of its first bad byte; the lines around it are kept. In no encoding read here is LF a part of another character.
 */
export async function* decodeLines(
  chunks: AsyncIterable<Buffer>,
  options: DecodeLinesOptions,
): AsyncGenerator<readonly DecodedLine[]> {
  const decoder = new BlockDecoder(options);
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const end = lastLineEnd(bytes, options.encoding);
    if (end > 0) {
      yield decoder.lines(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    while (bytes.length > options.maxLineBytes) {
      const cut =
        options.longLines === 'cut' ? characterBoundary(bytes, options.maxLineBytes, options.encoding) : undefined;
      if (cut === undefined || cut === 0) {
        decoder.dropBeginningOfLine(bytes.length & ~1);
        bytes = bytes.subarray(bytes.length & ~1);
      } else {
        yield decoder.beginningOfLine(bytes.subarray(0, cut));
        bytes = bytes.subarray(cut);
      }
    }
    carry = bytes;
  }
  if (carry.length > 0 && options.isCutShort?.() !== true) yield decoder.lines(carry);
}

/** Offset just after the last LF, 0 when there is none. */
function lastLineEnd(bytes: Buffer, encoding: TextEncoding): number {
  if (unitBytes(encoding) === 1) return bytes.lastIndexOf(10) + 1;
  const [first, second] = encoding === 'utf-16le' ? [10, 0] : [0, 10];
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) {
    if (bytes[at] === first && bytes[at + 1] === second) return at + 2;
  }
  return 0;
}

class BlockDecoder {
  readonly #options: DecodeLinesOptions;
  #decoder: FatalDecoder;
  #offset: number;
  #line = 1;
  #faults = 0;
  #dropping = false;
  /** ISO-2022-JP: the line before ended without an escape back to ASCII. */
  #shifted = false;

  constructor(options: DecodeLinesOptions) {
    this.#options = options;
    this.#offset = options.startOffset;
    this.#decoder = fatalDecoder(options.encoding);
  }

  /** A block of whole lines; its first may be the rest of a line that was too long. */
  lines(block: Buffer): DecodedLine[] {
    // In ISO-2022-JP what a line means may hang on the one before.
    const whole = this.#dropping || this.#options.encoding === 'iso-2022-jp' ? undefined : this.#decode(block);
    const lines: DecodedLine[] = [];
    if (whole !== undefined) {
      const texts = whole.split('\n');
      if (texts.at(-1) === '') texts.pop();
      let start = 0;
      for (const text of texts) {
        lines.push({ text, offset: this.#offset + start, number: this.#line, continues: false });
        this.#line += 1;
        start = this.#lineEnd(block, start);
      }
    } else {
      for (let start = 0; start < block.length; ) {
        const end = this.#lineEnd(block, start);
        this.#oneLine(block.subarray(start, end), this.#offset + start, lines);
        start = end;
      }
    }
    this.#offset += block.length;
    return lines;
  }

  beginningOfLine(piece: Buffer): DecodedLine[] {
    const text = this.#decode(piece);
    const offset = this.#offset;
    this.#offset += piece.length;
    if (text === undefined) {
      this.#undecodable(piece, offset);
      return [];
    }
    return [{ text, offset, number: this.#line, continues: true }];
  }

  dropBeginningOfLine(byteCount: number): void {
    if (!this.#dropping) this.#options.onFault('line-too-long', this.#offset, this.#line);
    this.#dropping = true;
    this.#offset += byteCount;
  }

  #oneLine(bytes: Buffer, offset: number, lines: DecodedLine[]): void {
    if (this.#dropping) this.#dropping = false;
    else {
      const text = this.#options.encoding === 'iso-2022-jp' ? this.#decodeJisLine(bytes) : this.#decode(bytes);
      if (text === undefined) this.#undecodable(bytes, offset);
      else lines.push({ text: text.replace(/\n$/, ''), offset, number: this.#line, continues: false });
    }
    this.#line += 1;
  }

  #undecodable(bytes: Buffer, offset: number): void {
    this.#faults += 1;
    // Finding the place costs many decodings: done for the faults that are listed.
    const within = this.#faults <= listedFaults ? (firstBadByte(bytes, this.#options.encoding) ?? 0) : 0;
    this.#options.onFault('undecodable-bytes', offset + within, this.#line);
  }

  /**
   * RFC 1468 has lines end in ASCII. A line that does not is still read; the next one, if it begins without an escape, could be either and is
   * not guessed at.
   */
  #decodeJisLine(bytes: Buffer): string | undefined {
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end -= 1;
    const unclear = this.#shifted && end > 0 && bytes[0] !== 0x1b;
    const last = bytes.lastIndexOf(0x1b);
    if (last >= 0) this.#shifted = bytes[last + 1] === 0x24 || bytes[last + 2] === 0x49;
    return unclear ? undefined : this.#decode(bytes.subarray(0, end));
  }

  #decode(bytes: Buffer): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      this.#decoder = fatalDecoder(this.#options.encoding);
      return undefined;
    }
  }

  #lineEnd(block: Buffer, start: number): number {
    const { encoding } = this.#options;
    if (unitBytes(encoding) === 1) {
      const at = block.indexOf(10, start);
      return at < 0 ? block.length : at + 1;
    }
    const [first, second] = encoding === 'utf-16le' ? [10, 0] : [0, 10];
    for (let at = start; at + 1 < block.length; at += 2) {
      if (block[at] === first && block[at + 1] === second) return at + 2;
    }
    return block.length;
  }
}
