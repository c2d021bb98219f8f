// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KibanError, type Sha256Digest, syncFolder, writeFileDurably } from '@kiban/core';

/** Content-addressed, immutable bytes. A `put` that has returned survives a crash; putting the same bytes again changes nothing. */
export interface BlobStore {
  /** Stores a stream; memory stays flat. With `expected`, other bytes are refused and nothing is stored. */
  put(
    content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    expected?: Sha256Digest,
  ): Promise<BlobDescription>;
  has(digest: Sha256Digest): boolean;
  /** @throws KibanError `blob-not-found` (404) */
  describe(digest: Sha256Digest): Promise<BlobDescription>;
  read(digest: Sha256Digest): AsyncIterable<Uint8Array>;
  /** A file with these bytes, for readers that seek. It must not be written to. @throws KibanError `blob-not-found` */
  filePath(digest: Sha256Digest): string;
  delete(digest: Sha256Digest): Promise<void>;
}

export interface BlobDescription {
  readonly digest: Sha256Digest;
  readonly byteLength: number;
}

/** Files below one directory, fanned out by the first two hexadecimal digits. */
export function openFileBlobStore(directory: string): BlobStore {
  const pathOf = (digest: Sha256Digest) => join(directory, digest.slice(0, 2), digest);
  const existing = (digest: Sha256Digest) => {
    const path = pathOf(digest);
    if (!existsSync(path)) throw notFound(digest);
    return path;
  };
  return {
    async put(content, expected) {
      const incoming = join(directory, 'incoming');
      await mkdir(incoming, { recursive: true });
      const hash = createHash('sha256');
      let byteLength = 0;
      async function* measured() {
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          hash.update(chunk);
          byteLength += chunk.byteLength;
          yield chunk;
        }
      }
      if (expected !== undefined && existsSync(pathOf(expected))) {
        for await (const _ of measured());
        const digest = hash.digest('hex') as Sha256Digest;
        if (digest !== expected) throw mismatch(expected);
        return { digest, byteLength };
      }
      const held = join(incoming, `${process.pid}-${counter++}`);
      await writeFileDurably(held, measured());
      const digest = hash.digest('hex') as Sha256Digest;
      if (expected !== undefined && digest !== expected) {
        await rm(held, { force: true });
        throw mismatch(expected);
      }
      await moveDurably(held, pathOf(digest), join(directory, digest.slice(0, 2)));
      return { digest, byteLength };
    },
    has: (digest) => existsSync(pathOf(digest)),
    async describe(digest) {
      return { digest, byteLength: (await stat(existing(digest))).size };
    },
    read: (digest) => createReadStream(existing(digest)),
    filePath: existing,
    delete: (digest) => rm(pathOf(digest), { force: true }),
  };
}

let counter = 0;

async function moveDurably(from: string, to: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await rename(from, to);
  await syncFolder(folder);
}

/** Removes what an interrupted `put` left behind. Call once at start, before any `put`. */
export async function clearIncoming(directory: string): Promise<number> {
  const incoming = join(directory, 'incoming');
  const names = await readdir(incoming).catch(() => [] as string[]);
  for (const name of names) await rm(join(incoming, name), { force: true });
  return names.length;
}

function notFound(digest: Sha256Digest): KibanError {
  return new KibanError({
    code: 'blob-not-found',
    status: 404,
    title: { ja: 'ファイルが見つかりません', en: 'The file was not found' },
    detail: { ja: `ダイジェスト ${digest} のファイルはありません。`, en: `There is no file with digest ${digest}.` },
  });
}

function mismatch(expected: Sha256Digest): KibanError {
  return new KibanError({
    code: 'digest-mismatch',
    status: 422,
    title: { ja: '内容がダイジェストと一致しません', en: 'The content does not match its digest' },
    detail: {
      ja: `届いた内容は ${expected} ではありません。何も保存していません。もう一度送ってください。`,
      en: `What arrived is not ${expected}. Nothing was stored; send it again.`,
    },
    retryable: true,
  });
}
