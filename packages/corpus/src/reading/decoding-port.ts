// SPDX-License-Identifier: Apache-2.0
import type { DecodedLine } from './decode-lines.ts';
import type { FaultListener } from './fault-listener.ts';

export interface PortDecoding {
  readonly text: string;
  /** Byte offsets in what was given of the sequences that do not decode, ascending; empty when all did. */
  readonly errors: readonly { readonly offset: number }[];
}

/**
 * Decodes text of an encoding that is not known here: IBM 930 and 939, JEF, KEIS, JIPS and the like, whose tables a company has. Its behaviour
 * is checked by {@link decodingPortFaults}.
 */
export interface DecodingPort {
  /** Lower case letters, digits and hyphens, such as `ibm-939`. */
  readonly name: string;
  /** Decodes one record, which begins in the initial shift state. Never throws. Line ends inside the record come back as LF. */
  decode(bytes: Uint8Array): PortDecoding;
}

/** How a file of a source that has a decoding port falls into records. */
export type RecordFraming =
  | { readonly kind: 'fixed-length'; readonly recordBytes: number }
  /** Such as 15 or 25 (NEL, LF) in EBCDIC. */
  | { readonly kind: 'terminated'; readonly terminator: number };

export interface SourceDecoding {
  readonly port: DecodingPort;
  readonly framing: RecordFraming;
}

interface PortLinesOptions extends SourceDecoding {
  readonly maxRecordBytes: number;
  readonly onFault: FaultListener;
}

/** Each record becomes one line; one that does not decode, or is too long, is left out and named. */
export async function* decodeByPort(
  chunks: AsyncIterable<Buffer>,
  options: PortLinesOptions,
): AsyncGenerator<readonly DecodedLine[]> {
  let offset = 0;
  let number = 1;
  for await (const records of framed(chunks, options)) {
    const lines: DecodedLine[] = [];
    for (const record of records) {
      if (record.tooLong) options.onFault('line-too-long', offset, number);
      else {
        const { text, errors } = options.port.decode(record.bytes);
        const first = errors[0];
        if (first !== undefined) options.onFault('undecodable-bytes', offset + first.offset, number);
        else lines.push({ text: text.replace(/\n$/, ''), offset, number, continues: false });
      }
      offset += record.length;
      number += 1;
    }
    yield lines;
  }
}

interface FramedRecord {
  readonly bytes: Buffer;
  /** With its terminator. */
  readonly length: number;
  readonly tooLong: boolean;
}

async function* framed(
  chunks: AsyncIterable<Buffer>,
  { framing, maxRecordBytes }: PortLinesOptions,
): AsyncGenerator<FramedRecord[]> {
  let carry: Buffer = Buffer.alloc(0);
  /** Bytes of a record that is too long and therefore not kept. */
  let dropped = 0;
  for await (const chunk of chunks) {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const records: FramedRecord[] = [];
    let start = 0;
    for (;;) {
      const end =
        framing.kind === 'fixed-length' ? start + framing.recordBytes : bytes.indexOf(framing.terminator, start);
      if (end < 0 || end > bytes.length || start >= bytes.length) break;
      const next = framing.kind === 'fixed-length' ? end : end + 1;
      const length = dropped + next - start;
      records.push({ bytes: bytes.subarray(start, end), length, tooLong: dropped > 0 || end - start > maxRecordBytes });
      dropped = 0;
      start = next;
    }
    carry = bytes.subarray(start);
    if (carry.length > maxRecordBytes) {
      dropped += carry.length;
      carry = Buffer.alloc(0);
    }
    yield records;
  }
  if (carry.length + dropped > 0) yield [{ bytes: carry, length: carry.length + dropped, tooLong: dropped > 0 }];
}
