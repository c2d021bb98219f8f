// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { KnownFile } from './known-file.ts';
import { PrivateUseTable } from './private-use-table.ts';
import { type ReadChangedOptions, readChangedFiles } from './read-changed-files.ts';
import { makeZip } from './samples/make-zip.ts';
import { sampleFolder } from './samples/read-sample.ts';

const made: string[] = [];
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A store as a pipeline would have one: records by path, and what is known of their files. */
class Store {
  readonly files = new Map<string, KnownFile>();
  readonly records = new Map<string, string[]>();
  nowMs = Date.now() + 60_000;

  /** Reads what changed; gives `path: what became of it`. */
  async update(folder: string, options: Partial<ReadChangedOptions> = {}): Promise<string[]> {
    const seen: string[] = [];
    let ids: string[] = [];
    const { files } = this;
    const items = readChangedFiles(folder, {
      source: 'sample',
      known: {
        get: async (path) => files.get(path),
        paths: async function* () {
          yield* [...files.keys()];
        },
      },
      clock: { nowMs: () => this.nowMs },
      ...options,
    });
    for await (const item of items) {
      if (item.kind === 'record') ids.push(item.record.id);
      else if (item.kind === 'changed') ids = [];
      else if (item.kind === 'unchanged') {
        files.set(item.known.path, item.known);
        seen.push(`${item.known.path}: unchanged`);
      } else if (item.kind === 'removed') {
        files.delete(item.path);
        this.records.delete(item.path);
        seen.push(`${item.path}: removed`);
      } else if (item.kind === 'file') {
        const { path, status } = item.outcome;
        if (item.known === null) files.delete(path);
        else files.set(path, JSON.parse(JSON.stringify(item.known)));
        this.records.set(path, ids);
        seen.push(`${path}: ${status}`);
      }
    }
    return seen;
  }
}

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await sampleFolder(files);
  made.push(folder);
  return folder;
}

test('a second reading skips what did not change, and reads again what did', async () => {
  const folder = await folderOf({
    'a.txt': '一',
    'b.csv': '日時,値\n1/2,3\n1/3,4\n',
    'c.zip': makeZip([{ name: 'x.txt', data: '中' }]),
    'd.txt': Buffer.from('ff', 'hex'),
    'e.xls': 'x',
  });
  const store = new Store();
  assert.deepEqual(await store.update(folder), [
    'a.txt: kept',
    'b.csv: kept',
    'c.zip: kept',
    'd.txt: refused',
    'e.xls: refused',
  ]);
  const before = new Map(store.records);
  assert.deepEqual(await store.update(folder), [
    'a.txt: unchanged',
    'b.csv: unchanged',
    'c.zip: unchanged',
    'd.txt: unchanged',
    'e.xls: refused',
  ]);
  await appendFile(join(folder, 'b.csv'), '1/4,5\n');
  await rm(join(folder, 'a.txt'));
  await writeFile(join(folder, 'f.txt'), '新');
  assert.deepEqual(await store.update(folder), [
    'b.csv: kept',
    'c.zip: unchanged',
    'd.txt: unchanged',
    'e.xls: refused',
    'f.txt: kept',
    'a.txt: removed',
  ]);
  assert.deepEqual(store.records.get('c.zip'), before.get('c.zip'));
  assert.deepEqual(store.records.get('b.csv')?.slice(0, 2), before.get('b.csv'));
  assert.equal(store.records.get('b.csv')?.length, 3);
});

test('a file that was touched or replaced by its copy is unchanged, one of equal size with other bytes is not', async () => {
  const folder = await folderOf({ 'a.txt': '一', 'b.txt': '二', 'c.txt': '三' });
  const store = new Store();
  await store.update(folder);
  const { mtime } = await stat(join(folder, 'c.txt'));
  await utimes(join(folder, 'a.txt'), new Date(0), new Date(0));
  await writeFile(join(folder, 'copy'), '二');
  await rename(join(folder, 'copy'), join(folder, 'b.txt'));
  // Another file under the same name, size and time.
  await writeFile(join(folder, 'copy'), '四');
  await utimes(join(folder, 'copy'), mtime, mtime);
  await rename(join(folder, 'copy'), join(folder, 'c.txt'));
  assert.deepEqual(await store.update(folder), ['a.txt: unchanged', 'b.txt: unchanged', 'c.txt: kept']);
  assert.equal(store.files.get('a.txt')?.modifiedAtMs, 0);
});

test('a file looked at within the grain of its time stamp is looked at again', async () => {
  const folder = await folderOf({ 'a.txt': '一' });
  const path = join(folder, 'a.txt');
  const { mtime } = await stat(path);
  const store = new Store();
  store.nowMs = mtime.getTime() + 100;
  await utimes(path, mtime, mtime);
  await store.update(folder);
  await writeFile(path, '二');
  await utimes(path, mtime, mtime);
  assert.deepEqual(await store.update(folder), ['a.txt: kept']);
  store.nowMs = mtime.getTime() + 60_000;
  assert.deepEqual(await store.update(folder), ['a.txt: unchanged']);
});

test('other settings make everything be read again', async () => {
  const folder = await folderOf({ 'a.txt': '一' });
  const store = new Store();
  await store.update(folder);
  const other: readonly Partial<ReadChangedOptions>[] = [
    { encoding: 'cp932' },
    { source: 'other' },
    { maxDocumentCharacters: 10 },
    { limits: { maxArchiveDepth: 1 } },
    { privateUse: PrivateUseTable.parse({ version: 1, characters: { E000: '髙' } }) },
  ];
  for (const options of other) {
    assert.deepEqual(await store.update(folder, options), ['a.txt: kept']);
    assert.deepEqual(await store.update(folder, options), ['a.txt: unchanged']);
  }
});

test('a file that changes while it is read is not taken for known', async () => {
  const folder = await folderOf({ 'a.txt': '一\n' });
  const store = new Store();
  let times = 0;
  await store.update(folder, {
    onBytes: () => {
      times += 1;
      if (times === 1) appendFileSync(join(folder, 'a.txt'), '二\n');
    },
  });
  assert.equal(store.files.size, 0);
  assert.deepEqual(await store.update(folder), ['a.txt: kept']);
  assert.deepEqual(await store.update(folder), ['a.txt: unchanged']);
});

test('bytes add up to the size of the folder whether read or skipped', async () => {
  const folder = await folderOf({ 'a.txt': '一', 'b.zip': makeZip([{ name: 'x.txt', data: '中'.repeat(1_000) }]) });
  await mkdir(join(folder, 'c'));
  const sizes = await Promise.all(['a.txt', 'b.zip'].map((name) => stat(join(folder, name))));
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  const store = new Store();
  for (let time = 0; time < 2; time += 1) {
    let bytes = 0;
    await store.update(folder, {
      onBytes: (more) => {
        bytes += more;
      },
    });
    assert.equal(bytes, total);
  }
});
