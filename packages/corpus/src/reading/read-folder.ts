// SPDX-License-Identifier: Apache-2.0
import { type Dirent, existsSync } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { KibanError, Sealed } from '@kiban/core';
import { decodeLines } from './decode-lines.ts';
import { detectEncoding } from './detect-encoding.ts';
import { type FileFault, type FileFormat, type FileOutcome, listedFaults, type RefusalReason } from './file-outcome.ts';
import { fileRecords } from './file-records.ts';
import { recordId, type TextEncoding, type TextRecord } from './text-record.ts';

const formats: Readonly<Record<string, FileFormat>> = {
  '.txt': 'text',
  '.md': 'text',
  '.jsonl': 'jsonl',
  '.csv': 'csv',
  '.html': 'html',
  '.htm': 'html',
};
const headBytes = 65_536;

export type ReadItem =
  | { readonly kind: 'record'; readonly record: TextRecord }
  /** After the file's last record. */
  | { readonly kind: 'file'; readonly outcome: FileOutcome };

export interface FolderListing {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytesTotal: number;
}

export interface ReadOptions {
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Every file below a folder, in byte order of the paths. Hidden files are left out.
 * @throws KibanError `folder-not-found` (404), `folder-empty` (422)
 */
export async function listFolder(folder: string): Promise<FolderListing> {
  if (!existsSync(folder)) throw folderNotFound(folder);
  const entries: Dirent[] = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(
        (path) =>
          !relative(folder, path)
            .split(sep)
            .some((part) => part.startsWith('.')),
      )
      .map(async (path) => ({
        path: relative(folder, path).split(sep).join('/'),
        bytes: await stat(path).then(
          (found) => found.size,
          () => 0,
        ),
      })),
  );
  if (files.length === 0) throw folderEmpty(folder);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, bytesTotal: files.reduce((sum, file) => sum + file.bytes, 0) };
}

/** Records and outcomes of every file; nothing is dropped without a word. */
export async function* readFolder(folder: string, options: ReadOptions): AsyncGenerator<ReadItem> {
  const root = await realpath(folder).catch(() => folder);
  for (const file of (await listFolder(folder)).files) {
    options.signal?.throwIfAborted();
    yield* readFile(root, join(folder, file.path), file, options);
  }
}

async function* readFile(
  root: string,
  absolute: string,
  file: { readonly path: string; readonly bytes: number },
  options: ReadOptions,
): AsyncGenerator<ReadItem> {
  const { path, bytes } = file;
  const format = formats[extname(path).toLowerCase()] ?? null;
  const faults: FileFault[] = [];
  let faultCount = 0;
  let records = 0;
  let characters = 0;
  let encoding: TextEncoding | null = null;
  const onFault = (fault: FileFault) => {
    faultCount += 1;
    if (faults.length < listedFaults) faults.push(fault);
  };
  const finish = (reason: RefusalReason | null, detail: string | null = null): ReadItem => ({
    kind: 'file',
    outcome: {
      path,
      status: reason !== null ? 'refused' : faultCount > 0 ? 'partly-kept' : 'kept',
      reason,
      detail,
      bytes,
      format,
      encoding,
      records,
      characters,
      faultCount,
      faults,
    },
  });

  if (format === null) return yield finish('unsupported-format', extname(path) || null);
  let head: Buffer;
  try {
    const real = await realpath(absolute);
    if (real !== root && !real.startsWith(root + sep)) return yield finish('link-leaves-folder');
    if (!(await stat(absolute)).isFile()) return yield finish('not-a-regular-file');
    if (bytes === 0) return yield finish('empty-file');
    head = await readHead(absolute);
  } catch (error) {
    return yield finish('unreadable', String((error as NodeJS.ErrnoException).code ?? 'unknown'));
  }
  const guess = detectEncoding(head, bytes <= headBytes);
  if (guess.kind === 'binary') return yield finish('binary-file', guess.looksLike);
  if (guess.kind === 'ambiguous') return yield finish('encoding-ambiguous', 'CP932 / EUC-JP');
  encoding = guess.encoding;
  const lines = decodeLines(absolute, {
    encoding,
    skipBytes: guess.skipBytes,
    signal: options.signal,
    onBytes: options.onBytes ?? (() => undefined),
    onFault,
  });
  try {
    for await (const { content, offset } of fileRecords(format, lines, onFault)) {
      characters +=
        content.kind === 'text'
          ? content.text.length
          : content.messages.reduce((sum, message) => sum + message.content.length, 0);
      yield {
        kind: 'record',
        record: {
          id: recordId(options.source, path, offset),
          source: options.source,
          path,
          content: new Sealed(content),
          encoding,
          offset,
          part: records,
        },
      };
      records += 1;
    }
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    onFault({ reason: 'read-failed', offset: 0, line: 0 });
  }
  if (records === 0)
    return yield finish(
      faultCount > 0 ? (faults[0]?.reason === 'undecodable-bytes' ? 'undecodable-bytes' : 'nothing-usable') : 'no-text',
    );
  yield finish(null);
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(buffer, 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
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

function folderEmpty(folder: string): KibanError {
  return new KibanError({
    code: 'folder-empty',
    status: 422,
    title: { ja: 'フォルダが空です', en: 'The folder is empty' },
    detail: {
      ja: `${folder} にファイルがありません。.txt .md .jsonl .csv .html のファイルを置いてください。`,
      en: `There is no file in ${folder}. Put .txt, .md, .jsonl, .csv or .html files there.`,
    },
  });
}
