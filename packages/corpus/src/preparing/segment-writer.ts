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
import { type SegmentDocument, type SegmentFile, segmentManifestSchema } from './segment.ts';

export interface SegmentWriter {
  add(document: SegmentDocument): Promise<void>;
  /** Makes the segment durable: data first, then the manifest, which is what makes it count. */
  seal(files: readonly SegmentFile[]): Promise<void>;
  discard(): Promise<void>;
}

/** Lines gathered before they go to the compressor. */
const gatheredCharacters = 1 << 18;

/** @throws KibanError `disk-full` */
export async function createSegmentWriter(
  folder: string,
  unit: string,
  pipeline: Sha256Digest,
): Promise<SegmentWriter> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${unit}.jsonl.zst`);
  const temporary = join(folder, `.${unit}.${randomBytes(6).toString('hex')}.tmp`);
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
    async add(document) {
      const line = `${JSON.stringify(document)}\n`;
      lines.push(line);
      gathered += line.length;
      if (gathered >= gatheredCharacters) await flush();
    },
    async seal(files) {
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
      await rename(temporary, path);
      await syncFolder(folder);
      const manifest = segmentManifestSchema.parse({ version: 1, unit, pipeline, files, sha256: hash.digest('hex') });
      await writeFileDurably(join(folder, `${unit}.json`), `${JSON.stringify(manifest)}\n`, { mode: 0o600 });
    },
    async discard() {
      compressor.destroy();
      file.destroy();
      await end;
      await rm(temporary, { force: true });
    },
  };
}
