// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  batchDigest,
  type Commit,
  damaged,
  decodeCommits,
  fileNames,
  paragraphBytes,
  parseHeader,
  recordBytes,
  recordOffsets,
} from './partition-format.ts';

/** Whole records one after the other, read into memory that the next step reuses. */
export interface RecordBatch {
  /** Number of the first record, over all partitions. */
  readonly first: number;
  readonly count: number;
  readonly records: Buffer;
}

interface OpenPartition {
  readonly folder: string;
  readonly source: string;
  readonly commits: readonly Commit[];
  readonly recordFile: number;
  /** Number of its first record over all partitions. */
  readonly base: number;
}

/** Records that are read at once when they need no check. */
const scanRecords = 4_096;

/**
 * Partitions of one member, read as if they were one: records are numbered through, in the order of the folders given. Only committed batches are
 * seen. Memory: 2 MB and 64 bytes per batch of 4,096 documents.
 */
export class FingerprintReader {
  readonly #partitions: readonly OpenPartition[];
  /** Documents in all partitions. */
  readonly documents: number;

  /** @throws KibanError `fingerprints-damaged`, `fingerprints-outdated`; RangeError beyond 2^32 - 1 documents */
  constructor(folders: readonly string[]) {
    const partitions: OpenPartition[] = [];
    let base = 0;
    try {
      for (const folder of folders) {
        const source = parseHeader(readFileSync(join(folder, fileNames.header), 'utf8'), folder);
        const commits = decodeCommits(readFileSync(join(folder, fileNames.commits)));
        const recordFile = openSync(join(folder, fileNames.records), 'r');
        partitions.push({ folder, source, commits, recordFile, base });
        const count = commits.at(-1)?.records ?? 0;
        if (fstatSync(recordFile).size < count * recordBytes) throw damaged(join(folder, fileNames.records));
        base += count;
      }
      if (base > 0xffff_ffff) throw new RangeError(`${base} documents in one index`);
    } catch (error) {
      for (const { recordFile } of partitions) closeSync(recordFile);
      const { code, path } = error as NodeJS.ErrnoException;
      throw code === 'ENOENT' && path !== undefined ? damaged(path) : error;
    }
    this.#partitions = partitions;
    this.documents = base;
  }

  /** Number of a partition's document over all partitions. @param partition place of its folder in the list */
  ordinalOf(partition: number, document: number): number {
    const { base, commits } = this.#partitions[partition]!;
    if (!(document >= 0 && document < (commits.at(-1)?.records ?? 0))) throw new RangeError(`no document ${document}`);
    return base + document;
  }

  /** Which documents come from which source: runs of numbers `[from, to)`. */
  sources(): readonly { readonly source: string; readonly from: number; readonly to: number }[] {
    return this.#partitions.map(({ source, base, commits }) => ({
      source,
      from: base,
      to: base + (commits.at(-1)?.records ?? 0),
    }));
  }

  /** Reads the first bytes of a record into a buffer; as many as it has place for. */
  readRecord(ordinal: number, into: Uint8Array): void {
    let place = 0;
    for (let next = this.#partitions.length - 1; next > 0; next -= 1)
      if (this.#partitions[next]!.base <= ordinal) {
        place = next;
        break;
      }
    const { recordFile, base, folder } = this.#partitions[place]!;
    const wanted = Math.min(into.length, recordBytes);
    if (readSync(recordFile, into, 0, wanted, (ordinal - base) * recordBytes) !== wanted)
      throw damaged(join(folder, fileNames.records));
  }

  /** Every record in order. */
  async *records(): AsyncGenerator<RecordBatch> {
    for (const partition of this.#partitions) yield* this.#recordsOf(partition);
  }

  async *#recordsOf({ folder, commits, base }: OpenPartition): AsyncGenerator<RecordBatch> {
    const memory = Buffer.alloc(scanRecords * recordBytes);
    await using file = await open(join(folder, fileNames.records), 'r');
    const total = commits.at(-1)?.records ?? 0;
    for (let from = 0; from < total; from += scanRecords) {
      const count = Math.min(scanRecords, total - from);
      const records = memory.subarray(0, count * recordBytes);
      await fill(file, records, from * recordBytes, join(folder, fileNames.records));
      yield { first: base + from, count, records };
    }
  }

  /** Compares every batch with its digest. @throws KibanError `fingerprints-damaged` */
  async verify(signal?: AbortSignal): Promise<void> {
    for (const { folder, commits } of this.#partitions) {
      await using records = await open(join(folder, fileNames.records), 'r');
      await using paragraphs = await open(join(folder, fileNames.paragraphs), 'r');
      let before = { records: 0, paragraphs: 0 };
      for (const commit of commits) {
        signal?.throwIfAborted();
        const recordPart = Buffer.alloc((commit.records - before.records) * recordBytes);
        const paragraphPart = Buffer.alloc((commit.paragraphs - before.paragraphs) * paragraphBytes);
        await fill(records, recordPart, before.records * recordBytes, join(folder, fileNames.records));
        await fill(paragraphs, paragraphPart, before.paragraphs * paragraphBytes, join(folder, fileNames.paragraphs));
        if (!batchDigest(recordPart, paragraphPart).equals(commit.digest)) throw damaged(folder);
        before = commit;
      }
    }
  }

  /** Hands over the paragraph digests of a source's documents that are wanted, as words: bytes 0 to 3 and 4 to 7, big-endian. */
  async visitParagraphs(
    source: string,
    wanted: (ordinal: number) => boolean,
    visit: (high: number, low: number) => void,
  ): Promise<void> {
    for (const partition of this.#partitions) {
      if (partition.source !== source) continue;
      const path = join(partition.folder, fileNames.paragraphs);
      await using file = await open(path, 'r');
      let position = 0;
      for await (const { first, count, records } of this.#recordsOf(partition)) {
        const counts = Array.from({ length: count }, (_, index) =>
          records.readUInt32LE(index * recordBytes + recordOffsets.paragraphs),
        );
        const digests = Buffer.alloc(counts.reduce((sum, own) => sum + own, 0) * paragraphBytes);
        await fill(file, digests, position, path);
        position += digests.length;
        let at = 0;
        for (const [index, own] of counts.entries()) {
          const end = at + own * paragraphBytes;
          if (wanted(first + index))
            for (; at < end; at += paragraphBytes) visit(digests.readUInt32BE(at), digests.readUInt32BE(at + 4));
          at = end;
        }
      }
    }
  }

  close(): void {
    for (const { recordFile } of this.#partitions) closeSync(recordFile);
  }
}

async function fill(file: FileHandle, into: Buffer, position: number, path: string): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw damaged(path);
    done += bytesRead;
  }
}
