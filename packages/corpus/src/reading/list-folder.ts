// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { KibanError } from '@kiban/core';
import { errorCode } from './error-code.ts';
import { formatOf, isPassedOver, readableExtensions } from './file-formats.ts';
import type { FileOutcome, RefusalReason } from './file-outcome.ts';
import type { FileToRead } from './read-file.ts';
import { defaultReadingLimits } from './reading-limits.ts';
import { Tally } from './tally.ts';

export type ListedFile =
  | { readonly kind: 'file'; readonly file: FileToRead }
  | { readonly kind: 'refused'; readonly outcome: FileOutcome };

export interface FolderListing {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytesTotal: number;
}

/** Names and sizes of the files below a folder, without opening them; see {@link scanFolder} for order, links and errors. */
export async function listFolder(folder: string): Promise<FolderListing> {
  const files = (await scanFolder(folder)).map((entry) => {
    const { path, bytes } = entry.kind === 'file' ? entry.file : entry.outcome;
    return { path, bytes };
  });
  return { files, bytesTotal: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/**
 * All files below a folder, in an order that depends on their names alone. Names that begin with a dot are named and not looked into. A link to a file
 * is followed while it stays inside the folder; a link to a folder is not, since what it points to is listed under its own name.
 * @throws KibanError `folder-not-found` (404), `folder-unreadable` (403), `folder-empty` (422)
 */
export async function scanFolder(folder: string, limits = defaultReadingLimits): Promise<ListedFile[]> {
  const listing = new Listing(await rootOf(folder), limits.maxFolderDepth);
  await listing.walk('');
  if (listing.found.every((entry) => entry.kind === 'refused' && entry.outcome.reason === 'passed-over-name')) {
    throw new KibanError({
      code: 'folder-empty',
      status: 422,
      title: { ja: 'フォルダが空です', en: 'The folder is empty' },
      detail: {
        ja: `${folder} にファイルがありません。次のいずれかを置いてください: ${readableExtensions}`,
        en: `${folder} holds no files. Put files of these kinds there: ${readableExtensions}`,
      },
    });
  }
  return listing.found;
}

async function rootOf(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    await readdir(root);
    return root;
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? folderNotFound(folder) : folderUnreadable(folder, error);
  }
}

function folderNotFound(folder: string): KibanError {
  return new KibanError({
    code: 'folder-not-found',
    status: 404,
    title: { ja: 'フォルダがありません', en: 'The folder does not exist' },
    detail: { ja: `${folder} はありません。パスを確認してください。`, en: `${folder} does not exist. Check the path.` },
  });
}

function folderUnreadable(folder: string, error: unknown): KibanError {
  const code = errorCode(error);
  return new KibanError({
    code: 'folder-unreadable',
    status: 403,
    title: { ja: 'フォルダを読めません', en: 'The folder cannot be read' },
    detail: {
      ja: `${folder} を読めません (${code})。フォルダであることと権限を確認してください。`,
      en: `${folder} cannot be read (${code}). Check that it is a folder and its permissions.`,
    },
    cause: error,
  });
}

class Listing {
  readonly found: ListedFile[] = [];
  readonly #root: string;
  readonly #maxDepth: number;

  constructor(root: string, maxDepth: number) {
    this.#maxDepth = maxDepth;
    this.#root = root;
  }

  async walk(path: string, depth = 0): Promise<void> {
    if (depth > this.#maxDepth) return this.#refuse(path, 0, 'nested-too-deep');
    let names: string[];
    try {
      names = await readdir(join(this.#root, path));
    } catch (error) {
      this.#refuse(path, 0, 'unreadable', errorCode(error));
      return;
    }
    for (const name of names.sort(byCodeUnit)) {
      const inside = path === '' ? name : `${path}/${name}`;
      if (isPassedOver(name)) this.#refuse(inside, 0, 'passed-over-name');
      else await this.#entry(inside, depth);
    }
  }

  async #entry(path: string, depth: number): Promise<void> {
    const absolutePath = join(this.#root, path);
    let info: Stats;
    try {
      const real = await realpath(absolutePath);
      if (real !== this.#root && !real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep)) {
        this.#refuse(path, 0, 'link-leaves-folder');
        return;
      }
      info = await stat(absolutePath);
    } catch (error) {
      this.#refuse(path, 0, 'unreadable', errorCode(error));
      return;
    }
    if (info.isDirectory()) {
      const isLink = (await lstat(absolutePath)).isSymbolicLink();
      return isLink ? this.#refuse(path, 0, 'link-to-folder') : this.walk(path, depth + 1);
    }
    if (!info.isFile()) return this.#refuse(path, 0, 'not-a-regular-file');
    const format = formatOf(path);
    if (format === undefined) return this.#refuse(path, info.size, 'unsupported-format', extname(path) || null);
    this.found.push({
      kind: 'file',
      file: {
        path,
        absolutePath,
        bytes: info.size,
        format,
        modifiedAtMs: info.mtimeMs,
        inode: `${info.dev}:${info.ino}`,
      },
    });
  }

  #refuse(path: string, bytes: number, reason: RefusalReason, detail: string | null = null): void {
    this.found.push({ kind: 'refused', outcome: new Tally(path, null, bytes).refused(reason, detail) });
  }
}

function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
