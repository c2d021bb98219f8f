// SPDX-License-Identifier: Apache-2.0
import type { Content } from './content.ts';
import { declaredEncoding } from './declared-encoding.ts';
import { type DecodedLine, decodeLines } from './decode-lines.ts';
import { decodeByPort, type SourceDecoding } from './decoding-port.ts';
import { detectEncoding } from './detect-encoding.ts';
import type { LineParser, ParsedRecord, ReaderOptions } from './parsed-record.ts';
import { Refusal } from './refusal.ts';
import type { RecordEncoding, TextEncoding } from './text-record.ts';
import { countLines, takeSample } from './text-sample.ts';

export interface LineReading {
  readonly parser: LineParser;
  /** Rows must be whole to mean anything: one that is too long is dropped, not cut. */
  readonly isStructured: boolean;
  /** The format may say what its encoding is. */
  readonly declares: boolean;
  /** What the owner says about files whose bytes do not decide. */
  readonly encoding: TextEncoding | undefined;
  readonly decoding: SourceDecoding | undefined;
  readonly onEncoding: (encoding: RecordEncoding) => void;
}

/** A format of lines: decodes strictly, then parses. Streams; what a damaged stream gave up to its last whole line is kept. */
export async function* readLines(
  content: Content,
  reading: LineReading,
  options: ReaderOptions,
): AsyncGenerator<ParsedRecord> {
  const { parser, isStructured, decoding } = reading;
  const { limits, onFault } = options;
  let damage: Refusal | undefined;
  const maxLineBytes = isStructured ? limits.maxRowBytes : limits.maxLineBytes;
  let lines: AsyncGenerator<readonly DecodedLine[]>;
  if (decoding !== undefined) {
    reading.onEncoding(`port:${decoding.port.name}`);
    lines = decodeByPort(sound(0), { ...decoding, maxRecordBytes: maxLineBytes, onFault });
  } else {
    const { encoding, markBytes } = await detect(content, reading, options);
    reading.onEncoding(encoding);
    lines = decodeLines(sound(markBytes), {
      encoding,
      startOffset: markBytes,
      maxLineBytes,
      longLines: isStructured ? 'drop' : 'cut',
      onFault,
      isCutShort: () => damage !== undefined,
    });
  }
  yield* parser(lines, options);
  if (damage !== undefined) throw damage;

  /** The stream from `skip` on; ends where it is damaged. */
  async function* sound(skip: number): AsyncGenerator<Buffer> {
    let left = skip;
    try {
      for await (const chunk of content.stream('read')) {
        const passed = Math.min(left, chunk.length);
        left -= passed;
        if (passed < chunk.length) yield chunk.subarray(passed);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      damage = error;
    }
  }
}

async function detect(
  content: Content,
  { encoding: hint, declares }: LineReading,
  { onFault }: ReaderOptions,
): Promise<{ encoding: TextEncoding; markBytes: number }> {
  const sample = await takeSample(content);
  if (sample.head.length === 0) throw new Refusal('empty-file');
  const detection = detectEncoding(sample.head, {
    sample: sample.bytes,
    isWhole: sample.isWhole,
    hint: hint ?? (declares ? declaredEncoding(sample.head) : undefined),
  });
  switch (detection.kind) {
    case 'text':
      return detection;
    case 'binary':
      throw new Refusal('binary-file', detection.looksLike);
    case 'ambiguous':
      throw new Refusal('encoding-ambiguous');
    case 'undecodable':
      onFault(
        'undecodable-bytes',
        sample.offset + detection.offset,
        sample.line + countLines(sample.bytes, detection.offset),
      );
      throw new Refusal('undecodable-bytes');
  }
}
