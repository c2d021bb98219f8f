// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { asDiskProblem, type Sha256Digest, syncFolder, writeFileDurably } from '@kiban/core';
import type { DocumentFingerprint } from '../deduplicating/document-fingerprint.ts';
import { openFingerprintWriter } from '../deduplicating/partition-writer.ts';
import type { RejectionTally } from '../quality/rejection-samples.ts';
import { type SegmentDocument, type SegmentFile, segmentManifestSchema, segmentNames } from './segment.ts';

export interface SegmentWriter {
  add(document: SegmentDocument, fingerprint: DocumentFingerprint): Promise<void>;
  /** Makes the segment durable: data first, then the manifest, which is what makes it count. */
  seal(files: readonly SegmentFile[], rejections: RejectionTally): Promise<void>;
  discard(): Promise<void>;
}

export interface SegmentToWrite {
  readonly folder: string;
  readonly unit: string;
  readonly pipeline: Sha256Digest;
  readonly source: string;
}

/** What stands there already is of the same unit, from before a crash or of another process, and therefore whole and the same. */
async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await rm(from, { recursive: true, force: true });
  }
}

/** Lines gathered before they go to the compressor. */
const gatheredCharacters = 1 << 18;

/** @throws KibanError `disk-full` */
export async function createSegmentWriter({ folder, unit, pipeline, source }: SegmentToWrite): Promise<SegmentWriter> {
  await mkdir(folder, { recursive: true });
  const names = segmentNames(unit);
  const path = join(folder, names.documents);
  const temporary = join(folder, `.${unit}.${randomBytes(6).toString('hex')}.tmp`);
  const temporaryFingerprints = `${temporary}.fp.tmp`;
  const fingerprints = await openFingerprintWriter(temporaryFingerprints, source);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const compressor = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
  compressor.pipe(hashing).pipe(file);
  let fault: unknown;
  const end = finished(file).catch((error: unknown) => {
    fault = error;
    compressor.destroy();
  });
  let lines: string[] = [];
  let gathered = 0;

  const flush = async () => {
    if (fault !== undefined) throw asDiskProblem(fault, path);
    if (lines.length === 0) return;
    const text = lines.join('');
    lines = [];
    gathered = 0;
    if (!compressor.write(text)) await Promise.race([once(compressor, 'drain'), end]);
  };

  return {
    async add(document, fingerprint) {
      const line = `${JSON.stringify(document)}\n`;
      lines.push(line);
      gathered += line.length;
      await fingerprints.append({ id: document.id, fingerprint, tier: 0 });
      if (gathered >= gatheredCharacters) await flush();
    },
    async seal(files, rejections) {
      await flush();
      compressor.end();
      await end;
      if (fault !== undefined) throw asDiskProblem(fault, path);
      const handle = await open(temporary, 'r+');
      try {
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await fingerprints.commit();
      await fingerprints.close();
      await rejections.write(join(folder, names.rejections));
      await moveFolder(temporaryFingerprints, join(folder, names.fingerprints));
      await rename(temporary, path);
      await syncFolder(folder);
      const manifest = segmentManifestSchema.parse({ version: 1, unit, pipeline, files, sha256: hash.digest('hex') });
      await writeFileDurably(join(folder, names.manifest), `${JSON.stringify(manifest)}\n`, { mode: 0o600 });
    },
    async discard() {
      compressor.destroy();
      file.destroy();
      await end;
      await fingerprints.close().catch(() => undefined);
      await rm(temporary, { force: true });
      await rm(temporaryFingerprints, { recursive: true, force: true });
    },
  };
}
