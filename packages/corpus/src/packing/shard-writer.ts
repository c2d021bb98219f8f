// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asDiskProblem, type Sha256Digest, syncFolder, writeFileDurably } from '@kiban/core';
import { specialIds } from '../tokenizer/special-tokens.ts';
import { createRowPacker } from './row-packer.ts';
import type { ShardIndex } from './shard-index.ts';

export interface ShardWriterOptions {
  /** `NAME.bin`; the sidecar is `NAME.idx.json`. */
  readonly path: string;
  readonly sequenceLength: number;
  readonly vocabularySize: number;
  readonly tokenizerDigest: Sha256Digest;
}

/** Writes one token shard: rows go to a temporary file as they fill up, the sidecar comes last, so a killed run leaves no half shard. */
export interface ShardWriter {
  addDocument(ids: readonly number[], textBytes: number): Promise<void>;
  addWhole(ids: readonly number[], textBytes: number): Promise<void>;
  finish(): Promise<ShardIndex>;
  /** Removes what was written so far. */
  discard(): Promise<void>;
}

const flushBytes = 1 << 20;

export async function createShardWriter(options: ShardWriterOptions): Promise<ShardWriter> {
  const { path, sequenceLength, vocabularySize } = options;
  const tokenBytes = vocabularySize <= 65_536 ? 2 : 4;
  const temporary = `${path}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  const indexPath = path.replace(/\.bin$/, '.idx.json');
  // Gone before the new rows take their place: a sidecar never describes other rows than those beside it.
  await rm(indexPath, { force: true });
  await syncFolder(dirname(path));
  const file: FileHandle = await open(temporary, 'w');
  const hash = createHash('sha256');
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const totals = { count: 0, tokens: 0, textBytes: 0, documents: 0 };
  const packer = createRowPacker(sequenceLength, (row) => {
    const bytes = Buffer.alloc(row.length * tokenBytes);
    row.forEach((id, index) => {
      if (tokenBytes === 2) bytes.writeUInt16LE(id, index * 2);
      else bytes.writeUInt32LE(id, index * 4);
      if (id !== specialIds.padding) totals.tokens += 1;
    });
    totals.count += 1;
    pending.push(bytes);
    pendingBytes += bytes.length;
  });
  const flush = async () => {
    const bytes = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    hash.update(bytes);
    // `write` may take a part only; this writes all.
    await file.appendFile(bytes);
  };
  const onDisk = async (step: () => Promise<void>) => {
    try {
      await step();
    } catch (error) {
      throw asDiskProblem(error, path);
    }
  };
  const added = async (textBytes: number) => {
    totals.documents += 1;
    totals.textBytes += textBytes;
    if (pendingBytes >= flushBytes) await onDisk(flush);
  };
  return {
    async addDocument(ids, textBytes) {
      packer.addDocument(ids);
      await added(textBytes);
    },
    async addWhole(ids, textBytes) {
      packer.addWhole(ids);
      await added(textBytes);
    },
    async finish() {
      packer.finish();
      await onDisk(async () => {
        await flush();
        await file.datasync();
      });
      await file.close();
      await rename(temporary, path);
      await syncFolder(dirname(path));
      const index: ShardIndex = {
        version: 1,
        sequenceLength,
        count: totals.count,
        vocabularySize,
        tokenBytes,
        textBytes: totals.textBytes,
        tokens: totals.tokens,
        documents: totals.documents,
        tokenizerDigest: options.tokenizerDigest,
        sha256: hash.digest('hex') as Sha256Digest,
      };
      await writeFileDurably(indexPath, `${JSON.stringify(index, null, 2)}\n`);
      return index;
    },
    async discard() {
      await file.close().catch(() => undefined);
      await rm(temporary, { force: true });
    },
  };
}
