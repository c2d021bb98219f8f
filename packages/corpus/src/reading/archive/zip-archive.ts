// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { Content, RandomAccess } from '../content.ts';
import type { ExpansionBudget } from '../expansion-budget.ts';
import { Refusal } from '../refusal.ts';
import { entryName } from './zip-names.ts';

export interface ZipEntry {
  /** As a path with `/`, decoded; ends in `/` for a folder. */
  readonly name: string;
  /** Of its local header in the archive. */
  readonly offset: number;
  readonly bytes: number;
  /** Why its content cannot be had. */
  readonly refusal: Refusal | undefined;
  readonly content: Content;
}

/**
 * The entries of a ZIP archive by its central directory (yauzl). Sizes and CRC-32 are checked while an entry streams; sizes count against the budget
 * before anything is decompressed. Entries may come before Refusal `archive-malformed`, `too-many-entries`.
 */
export async function* zipEntries(access: RandomAccess, budget: ExpansionBudget): AsyncGenerator<ZipEntry> {
  const zip = await orMalformed(
    yauzl.fromRandomAccessReaderPromise(new Reader(access), access.bytes, { decodeStrings: false, autoClose: false }),
  );
  const entries = zip.eachEntry()[Symbol.asyncIterator]();
  for (;;) {
    const step = await orMalformed(entries.next());
    if (step.done) return;
    budget.takeEntry();
    const entry = step.value;
    yield {
      name: entryName(entry.fileNameRaw, entry.generalPurposeBitFlag, entry.extraFields),
      offset: entry.relativeOffsetOfLocalHeader,
      bytes: entry.uncompressedSize,
      refusal: refusalOf(entry, budget),
      content: { stream: (purpose) => budget.meter(entryBytes(zip, entry), purpose) },
    };
  }
}

/** Read errors of the file below and refusals pass; all else the library says means that the archive is damaged. */
function damage(error: unknown): unknown {
  if (error instanceof Refusal || (error as NodeJS.ErrnoException).syscall === 'read') return error;
  if ((error as Error).name === 'AbortError') return error;
  return new Refusal('archive-malformed');
}

async function orMalformed<T>(value: Promise<T>): Promise<T> {
  try {
    return await value;
  } catch (error) {
    throw damage(error);
  }
}

const stored = 0;
const deflated = 8;
const unixFileType = 0o170_000;
const unixRegularFile = 0o100_000;

function refusalOf(entry: Entry, budget: ExpansionBudget): Refusal | undefined {
  if (entry.isEncrypted()) return new Refusal('encrypted');
  const fileType = (entry.externalFileAttributes >>> 16) & unixFileType;
  const madeOnUnix = entry.versionMadeBy >>> 8 === 3;
  if (madeOnUnix && fileType !== 0 && fileType !== unixRegularFile) return new Refusal('not-a-regular-file');
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    return new Refusal('unsupported-compression', String(entry.compressionMethod));
  }
  try {
    budget.check(entry.uncompressedSize);
    return undefined;
  } catch (error) {
    return error as Refusal;
  }
}

async function* entryBytes(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const stream = await orMalformed(zip.openReadStreamPromise(entry));
  let sum = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw damage(error);
  } finally {
    stream.destroy();
  }
  if (sum !== entry.crc32) throw new Refusal('checksum-wrong');
}

const chunkBytes = 1 << 16;

class Reader extends yauzl.RandomAccessReader {
  readonly #access: RandomAccess;

  constructor(access: RandomAccess) {
    super();
    this.#access = access;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const access = this.#access;
    return Readable.from(
      (async function* () {
        for (let at = start; at < end; ) {
          const chunk = await access.readAt(at, Math.min(chunkBytes, end - at));
          if (chunk.length === 0) throw new Refusal('archive-malformed');
          at += chunk.length;
          yield chunk;
        }
      })(),
    );
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#access.readAt(position, length).then((bytes) => {
      if (bytes.length < length) return callback(new Refusal('archive-malformed'));
      bytes.copy(buffer, offset);
      callback(null);
    }, callback);
  }
}
