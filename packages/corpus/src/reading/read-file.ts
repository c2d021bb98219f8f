// SPDX-License-Identifier: Apache-2.0
import { isAscii } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Sealed } from '@kiban/core';
import { decodeLines } from './decode-lines.ts';
import { detectEncoding } from './detect-encoding.ts';
import {
  type FaultReason,
  type FileFault,
  type FileFormat,
  type FileOutcome,
  listedFaults,
  type RefusalReason,
} from './file-outcome.ts';
import { parseCsv } from './parse-csv.ts';
import { parseHtml } from './parse-html.ts';
import { parseJsonl } from './parse-jsonl.ts';
import { parseText } from './parse-text.ts';
import type { FormatParser } from './parsed-record.ts';
import { recordId, type TextEncoding, type TextRecord } from './text-record.ts';

export interface FileToRead {
  /** Path inside the folder, with `/`. */
  readonly path: string;
  readonly absolutePath: string;
  readonly bytes: number;
  readonly format: FileFormat;
}

export interface ReadFileOptions {
  readonly source: string;
  /** What the owner says about files whose bytes do not decide. */
  readonly encoding?: TextEncoding | undefined;
  readonly maxDocumentCharacters: number;
  /** Called with the length of each chunk read. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const parsers: Readonly<Record<FileFormat, FormatParser>> = {
  text: parseText,
  jsonl: parseJsonl,
  csv: parseCsv,
  html: parseHtml,
};
const chunkBytes = 1 << 18;
const sampleBytes = 1 << 16;

/** Reads one file piece by piece: its records first, then what became of it. Throws only when aborted. */
export async function* readFile(file: FileToRead, options: ReadFileOptions): AsyncGenerator<TextRecord, FileOutcome> {
  const tally = new Tally(file);
  let handle: FileHandle;
  try {
    handle = await open(file.absolutePath, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return tally.refused('unreadable', errorCode(error));
  }
  try {
    const { head, sample } = await takeSample(handle, options.signal);
    if (head.length === 0) return tally.refused('empty-file');
    const detection = detectEncoding(head, {
      sample: sample.bytes,
      isWhole: sample.offset + sample.bytes.length >= file.bytes,
      hint: options.encoding,
    });
    if (detection.kind === 'binary') return tally.refused('binary-file', detection.looksLike);
    if (detection.kind === 'ambiguous') return tally.refused('encoding-ambiguous');
    if (detection.kind === 'undecodable') {
      tally.fault(
        'undecodable-bytes',
        sample.offset + detection.offset,
        sample.line + lineOf(sample.bytes, detection.offset),
      );
      return tally.refused('undecodable-bytes');
    }
    tally.encoding = detection.encoding;
    const onFault = (reason: FaultReason, offset: number, line: number) => tally.fault(reason, offset, line);
    const structured = file.format === 'jsonl' || file.format === 'csv';
    const lines = decodeLines(chunksOf(handle, detection.markBytes, options), {
      encoding: detection.encoding,
      startOffset: detection.markBytes,
      maxLineBytes: structured ? 1 << 24 : 1 << 20,
      longLines: structured ? 'drop' : 'cut',
      onFault,
    });
    const { maxDocumentCharacters } = options;
    for await (const { content, offset, part } of parsers[file.format](lines, { maxDocumentCharacters, onFault })) {
      tally.records += 1;
      tally.characters +=
        content.kind === 'text'
          ? content.text.length
          : content.messages.reduce((sum, { content }) => sum + content.length, 0);
      yield {
        id: recordId(options.source, file.path, offset),
        source: options.source,
        path: file.path,
        content: new Sealed(content),
        encoding: detection.encoding,
        offset,
        part,
      };
    }
    return tally.finished();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).syscall === 'read' ? errorCode(error) : undefined;
    if (code === undefined) throw error;
    if (tally.records === 0) return tally.refused('unreadable', code);
    tally.fault('read-failed', tally.bytesRead, 0);
    return tally.finished(code);
  } finally {
    await handle.close();
  }

  async function* chunksOf(
    from: FileHandle,
    start: number,
    { onBytes, signal }: ReadFileOptions,
  ): AsyncGenerator<Buffer> {
    tally.bytesRead = start;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await from.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, tally.bytesRead);
      if (bytesRead === 0) return;
      tally.bytesRead += bytesRead;
      onBytes?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  }
}

interface Sample {
  readonly bytes: Buffer;
  readonly offset: number;
  /** Lines before it in the file, plus 1. */
  readonly line: number;
}

/** The first bytes, and bytes around the first that is not ASCII: a long ASCII beginning says nothing about the encoding of what follows. */
async function takeSample(
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<{ head: Buffer; sample: Sample }> {
  const head = await readAt(handle, 0, sampleBytes);
  let chunk = head;
  let offset = 0;
  let line = 1;
  while (chunk.length > 0 && isAscii(chunk) && !chunk.includes(0x1b)) {
    signal?.throwIfAborted();
    offset += chunk.length;
    line += lineOf(chunk, chunk.length);
    chunk = await readAt(handle, offset, chunkBytes);
  }
  if (offset === 0 || chunk.length === 0) return { head, sample: { bytes: head, offset: 0, line: 1 } };
  const first = chunk.findIndex((byte) => byte >= 0x80 || byte === 0x1b);
  const start = chunk.lastIndexOf(10, first) + 1;
  return {
    head,
    sample: {
      bytes: await readAt(handle, offset + start, sampleBytes),
      offset: offset + start,
      line: line + lineOf(chunk, start),
    },
  };
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** LFs before `end`. */
function lineOf(bytes: Buffer, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}

class Tally {
  readonly #file: FileToRead;
  readonly #faults: FileFault[] = [];
  readonly #byReason: Partial<Record<FaultReason, number>> = {};
  #faultCount = 0;
  encoding: TextEncoding | null = null;
  records = 0;
  characters = 0;
  bytesRead = 0;

  constructor(file: FileToRead) {
    this.#file = file;
  }

  fault(reason: FaultReason, offset: number, line: number): void {
    this.#faultCount += 1;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
    if (this.#faults.length < listedFaults) this.#faults.push({ reason, offset, line });
  }

  refused(reason: RefusalReason, detail: string | null = null): FileOutcome {
    return this.#outcome('refused', reason, detail);
  }

  finished(detail: string | null = null): FileOutcome {
    if (this.records > 0) return this.#outcome(this.#faultCount > 0 ? 'partly-kept' : 'kept', null, detail);
    if (this.#faultCount === 0) return this.refused('no-text');
    const undecodable = this.#byReason['undecodable-bytes'] === this.#faultCount;
    return this.refused(undecodable ? 'undecodable-bytes' : 'nothing-usable');
  }

  #outcome(status: FileOutcome['status'], reason: RefusalReason | null, detail: string | null): FileOutcome {
    const { path, bytes, format } = this.#file;
    const { encoding, records, characters } = this;
    const faults = this.#faults;
    return {
      path,
      status,
      reason,
      detail,
      bytes,
      format,
      encoding,
      records,
      characters,
      faultCount: this.#faultCount,
      faultsByReason: this.#byReason,
      faults,
    };
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
