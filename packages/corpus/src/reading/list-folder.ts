// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { KibanError } from '@kiban/core';
import type { FileFormat, FileOutcome, RefusalReason } from './file-outcome.ts';
import type { FileToRead } from './read-file.ts';

/** Extensions that are read, in lower case. */
const formats: Readonly<Record<string, FileFormat>> = {
  '.txt': 'text',
  '.md': 'text',
  '.jsonl': 'jsonl',
  '.csv': 'csv',
  '.html': 'html',
  '.htm': 'html',
};

const clutter = new Set(['thumbs.db', 'desktop.ini']);

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
 * All files below a folder, in an order that depends on their names alone. Names that begin with a dot are passed over. Symbolic links are
 * followed while they stay inside the folder.
 * @throws KibanError `folder-not-found` (404), `folder-unreadable` (403), `folder-empty` (422)
 */
export async function scanFolder(folder: string): Promise<ListedFile[]> {
  const listing = new Listing(await rootOf(folder));
  await listing.walk('');
  if (listing.found.length === 0) {
    throw new KibanError({
      code: 'folder-empty',
      status: 422,
      title: { ja: 'フォルダが空です', en: 'The folder is empty' },
      detail: {
        ja: `${folder} にファイルがありません。.txt .md .jsonl .csv .html のいずれかを置いてください。`,
        en: `${folder} holds no files. Put .txt, .md, .jsonl, .csv or .html files there.`,
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
  readonly #visited = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async walk(path: string): Promise<void> {
    const absolute = join(this.#root, path);
    let names: string[];
    try {
      const real = await realpath(absolute);
      // A link to a folder above itself would never end.
      if (this.#visited.has(real)) return;
      this.#visited.add(real);
      names = await readdir(absolute);
    } catch (error) {
      this.#refuse(path, 0, 'unreadable', errorCode(error));
      return;
    }
    for (const name of names.sort(byCodeUnit)) {
      if (name.startsWith('.') || clutter.has(name.toLowerCase())) continue;
      await this.#entry(path === '' ? name : `${path}/${name}`);
    }
  }

  async #entry(path: string): Promise<void> {
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
    if (info.isDirectory()) return this.walk(path);
    if (!info.isFile()) return this.#refuse(path, 0, 'not-a-regular-file');
    const format = formats[extname(path).toLowerCase()];
    if (format === undefined) return this.#refuse(path, info.size, 'unsupported-format', extname(path) || null);
    this.found.push({ kind: 'file', file: { path, absolutePath, bytes: info.size, format } });
  }

  #refuse(path: string, bytes: number, reason: RefusalReason, detail: string | null = null): void {
    const nothing = {
      format: null,
      encoding: null,
      records: 0,
      characters: 0,
      faultCount: 0,
      faultsByReason: {},
      faults: [],
    };
    this.found.push({ kind: 'refused', outcome: { path, status: 'refused', reason, detail, bytes, ...nothing } });
  }
}

function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
