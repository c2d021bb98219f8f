// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { asDiskProblem, syncFolder, writeFileDurably } from '@kiban/core';
import type { DocumentFingerprint } from './document-fingerprint.ts';
import {
  batchDigest,
  type Commit,
  commitBytes,
  damaged,
  decodeCommits,
  encodeCommit,
  fileNames,
  hasSignatureFlag,
  paragraphBytes,
  parseHeader,
  partitionHeader,
  recordBytes,
  recordOffsets,
} from './partition-format.ts';

export interface FingerprintEntry {
  /** Id of the record, 32 hexadecimal characters; decides between copies that are equal in everything else. */
  readonly id: string;
  readonly fingerprint: DocumentFingerprint;
  /** Quality tier, 0 to 255; of duplicates the highest is kept. */
  readonly tier: number;
}

export interface FingerprintWriter {
  /** Documents that are on disk or waiting for it: the next one's number in the partition. */
  readonly documents: number;
  /** Every 4,096 documents become durable together; a crash loses at most those that came after. */
  append(entry: FingerprintEntry): Promise<void>;
  /** Makes everything appended so far durable. @throws KibanError `disk-full`, after which the writer must be closed */
  commit(): Promise<void>;
  /** Closes without committing. */
  close(): Promise<void>;
}

const batchRecords = 4_096;

/**
 * Opens or makes a partition for appending; one writer at a time. What a crash left behind the last whole batch is dropped, so the caller goes on
 * with document number `documents`. Memory: 2 MB. Disk: 492 bytes per document, 8 per distinct paragraph.
 * @throws KibanError `fingerprints-damaged` when committed bytes are gone or the folder is another source's, `fingerprints-outdated`
 */
export async function openFingerprintWriter(folder: string, source: string): Promise<FingerprintWriter> {
  await mkdir(folder, { recursive: true });
  const headerPath = join(folder, fileNames.header);
  if (!existsSync(headerPath)) await writeFileDurably(headerPath, partitionHeader(source), { mode: 0o600 });
  if (parseHeader(readFileSync(headerPath, 'utf8'), folder) !== source) throw damaged(folder);
  const files = await Promise.all(
    [fileNames.records, fileNames.paragraphs, fileNames.commits].map((name) => openForUpdate(join(folder, name))),
  );
  const [records, paragraphs, commits] = files;
  const close = async () => {
    for (const file of files) await file.close();
  };
  let committed: readonly Commit[];
  try {
    committed = decodeCommits(await commits!.readFile());
    const { records: recordCount, paragraphs: paragraphCount } = committed.at(-1) ?? { records: 0, paragraphs: 0 };
    await cutTo(records!, recordCount * recordBytes, join(folder, fileNames.records));
    await cutTo(paragraphs!, paragraphCount * paragraphBytes, join(folder, fileNames.paragraphs));
    await cutTo(commits!, committed.length * commitBytes, join(folder, fileNames.commits));
    await syncFolder(folder);
  } catch (error) {
    await close();
    throw error;
  }
  const last = committed.at(-1);
  const state = { records: last?.records ?? 0, paragraphs: last?.paragraphs ?? 0 };

  const batch = Buffer.alloc(batchRecords * recordBytes);
  let batchCount = 0;
  let digests: Buffer[] = [];
  let commitCount = committed.length;

  async function commit(): Promise<void> {
    if (batchCount === 0) return;
    const recordPart = batch.subarray(0, batchCount * recordBytes);
    const paragraphPart = Buffer.concat(digests);
    const next = {
      records: state.records + batchCount,
      paragraphs: state.paragraphs + paragraphPart.length / paragraphBytes,
    };
    try {
      await records!.write(recordPart, 0, recordPart.length, state.records * recordBytes);
      await paragraphs!.write(paragraphPart, 0, paragraphPart.length, state.paragraphs * paragraphBytes);
      await Promise.all([records!.datasync(), paragraphs!.datasync()]);
      const entry = encodeCommit({ ...next, digest: batchDigest(recordPart, paragraphPart) });
      await commits!.write(entry, 0, entry.length, commitCount * commitBytes);
      await commits!.datasync();
    } catch (error) {
      throw asDiskProblem(error, folder);
    }
    Object.assign(state, next);
    commitCount += 1;
    batchCount = 0;
    digests = [];
  }

  return {
    get documents() {
      return state.records + batchCount;
    },
    async append(entry) {
      // A paragraph counts once per document.
      const distinct = new Set(entry.fingerprint.paragraphs.map((paragraph) => paragraph.digest));
      encodeRecord(batch.subarray(batchCount * recordBytes, (batchCount + 1) * recordBytes), entry, distinct.size);
      digests.push(Buffer.from([...distinct].join(''), 'hex'));
      batchCount += 1;
      if (batchCount === batchRecords) await commit();
    },
    commit,
    close,
  };
}

function encodeRecord(record: Buffer, { id, fingerprint, tier }: FingerprintEntry, paragraphCount: number): void {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new RangeError('an id has 32 hexadecimal characters');
  if (!Number.isInteger(tier) || tier < 0 || tier > 255) throw new RangeError(`tier ${tier} is not 0 to 255`);
  const { digest, length, signature } = fingerprint;
  record.fill(0);
  record.write(id, recordOffsets.id, 'hex');
  record.write(digest, recordOffsets.digest, 'hex');
  record.writeUInt32LE(length, recordOffsets.length);
  record.writeUInt32LE(paragraphCount, recordOffsets.paragraphs);
  record[recordOffsets.tier] = tier;
  record[recordOffsets.flags] = signature === undefined ? 0 : hasSignatureFlag;
  if (signature !== undefined)
    Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).copy(record, recordOffsets.signature);
}

async function openForUpdate(path: string): Promise<FileHandle> {
  return open(path, existsSync(path) ? 'r+' : 'wx+', 0o600);
}

/** @throws KibanError `fingerprints-damaged` when the file is shorter */
async function cutTo(file: FileHandle, byteLength: number, path: string): Promise<void> {
  const { size } = await file.stat();
  if (size < byteLength) throw damaged(path);
  if (size === byteLength) return;
  await file.truncate(byteLength);
  await file.datasync();
}
