// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asDiskProblem, type Sha256Digest, syncFolder, writeFileDurably } from '@kiban/core';
import { specialIds } from '../tokenizer/special-tokens.ts';
import { encodeEntries } from './document-index.ts';
import { createRowPacker } from './row-packer.ts';
import { indexName, type ShardIndex } from './shard-index.ts';

export interface ShardWriterOptions {
  /** `NAME.bin`; the sidecars are `NAME.docs.bin` and `NAME.idx.json`. */
  readonly path: string;
  readonly sequenceLength: number;
  readonly vocabularySize: number;
  readonly tokenizerDigest: Sha256Digest;
}

export interface PackedDocument {
  readonly ids: readonly number[];
  /** UTF-8 bytes of normalised text. */
  readonly textBytes: number;
  /** Hexadecimal; names the document in the index. */
  readonly digest: string;
  /** Kept in one row if it fits. */
  readonly whole: boolean;
}

/** Writes one token shard: rows go to a temporary file as they fill up, the sidecar comes last, so a killed run leaves no half shard. */
export interface ShardWriter {
  add(document: PackedDocument): Promise<void>;
  finish(): Promise<ShardIndex>;
  /** Removes what was written so far. */
  discard(): Promise<void>;
}

const flushBytes = 1 << 20;

export async function createShardWriter(options: ShardWriterOptions): Promise<ShardWriter> {
  const { path, sequenceLength, vocabularySize } = options;
  const tokenBytes = vocabularySize <= 65_536 ? 2 : 4;
  await mkdir(dirname(path), { recursive: true });
  const indexPath = indexName(path);
  // Gone before the new rows take their place: a sidecar never describes other rows than those beside it.
  await rm(indexPath, { force: true });
  await syncFolder(dirname(path));
  const rows = await HashedFile.create(path);
  const documents = await HashedFile.create(path.replace(/\.bin$/, '.docs.bin'));
  const totals = { count: 0, tokens: 0, textBytes: 0, documents: 0 };
  /** Digests of documents that no finished row has told of yet. */
  const waiting = new Map<number, string>();
  const packer = createRowPacker(sequenceLength, (row, starts) => {
    for (const id of row) if (id !== specialIds.padding) totals.tokens += 1;
    const copy = tokenBytes === 2 ? Uint16Array.from(row) : row.slice();
    rows.add(new Uint8Array(copy.buffer));
    const named = starts.map((start) => ({ ...start, digest: waiting.get(start.document) ?? '' }));
    if (named.length > 0) documents.add(encodeEntries(totals.count, named));
    for (const { document } of starts) waiting.delete(document);
    totals.count += 1;
  });
  return {
    async add({ ids, textBytes, digest, whole }) {
      waiting.set(totals.documents, digest);
      if (whole) packer.addWhole(ids, totals.documents);
      else packer.addDocument(ids, totals.documents);
      totals.documents += 1;
      totals.textBytes += textBytes;
      if (rows.pendingBytes >= flushBytes) {
        await rows.flush();
        await documents.flush();
      }
    },
    async finish() {
      packer.finish();
      const documentsSha256 = await documents.finish();
      const sha256 = await rows.finish();
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
        sha256,
        documentsSha256,
      };
      await writeFileDurably(indexPath, `${JSON.stringify(index, null, 2)}\n`);
      return index;
    },
    async discard() {
      await rows.discard();
      await documents.discard();
    },
  };
}

/** A file that is written beside its place and hashed on the way. */
class HashedFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #pending: Uint8Array[] = [];
  pendingBytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<HashedFile> {
    return new HashedFile(path, await open(`${path}.tmp`, 'w', 0o600));
  }

  add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.pendingBytes += bytes.length;
  }

  /** @throws KibanError `disk-full` */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.pendingBytes = 0;
    this.#hash.update(bytes);
    try {
      // `write` may take a part only; this writes all.
      await this.#file.appendFile(bytes);
    } catch (error) {
      throw asDiskProblem(error, this.#path);
    }
  }

  /** Durable after the folder's sync. @returns SHA-256 of all bytes */
  async finish(): Promise<Sha256Digest> {
    await this.flush();
    await this.#file.datasync();
    await this.#file.close();
    await rename(`${this.#path}.tmp`, this.#path);
    return this.#hash.digest('hex') as Sha256Digest;
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(`${this.#path}.tmp`, { force: true });
  }
}
