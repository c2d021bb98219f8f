// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError } from '@kiban/core';
import { writePreparation } from './preparation.ts';
import { type PrepareFilesOptions, prepareFiles } from './prepare-files.ts';
import { SegmentStore } from './segment-store.ts';
import { claimUnit } from './unit-claim.ts';

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder of `count` files; two files make a unit. */
function work(count: number, linesPerFile = 3) {
  const root = mkdtempSync(join(tmpdir(), 'kiban-units-'));
  made.push(root);
  const folder = join(root, 'in');
  mkdirSync(folder);
  for (let file = 0; file < count; file += 1) writeFileSync(join(folder, nameOf(file)), textOf(file, linesPerFile));
  const store = new SegmentStore(join(root, 'store'));
  const options: PrepareFilesOptions = {
    folder,
    store,
    source: 'test',
    workerCount: 0,
    unitLimits: { bytes: 1e9, files: 2 },
  };
  return { root, folder, store, options };
}

const nameOf = (file: number) => `${String(file).padStart(4, '0')}.jsonl`;
const textOf = (file: number, lines: number) =>
  Array.from({ length: lines }, (_, line) => `${JSON.stringify({ text: `${file}号機の記録、${line}行目` })}\n`).join(
    '',
  );

async function textsOf(options: PrepareFilesOptions): Promise<string[]> {
  const { segments } = await prepareFiles(options);
  const texts: string[] = [];
  for (const segment of segments)
    for await (const { content } of options.store.documents(segment))
      texts.push(content.kind === 'text' ? content.text : '');
  return texts;
}

const sealed = (store: SegmentStore) => readdirSync(store.folder).filter((name) => name.endsWith('.json'));

/** The same work in a process of its own. */
function startProcess(
  { folder, store }: { folder: string; store: SegmentStore },
  more: Partial<PrepareFilesOptions> = {},
): ChildProcess {
  const options = { folder, source: 'test', unitLimits: { bytes: 1e9, files: 2 }, workerCount: 1, ...more };
  const code = `
    import { prepareFiles } from ${JSON.stringify(new URL('./prepare-files.ts', import.meta.url).href)};
    import { SegmentStore } from ${JSON.stringify(new URL('./segment-store.ts', import.meta.url).href)};
    await prepareFiles({ ...${JSON.stringify(options)}, store: new SegmentStore(${JSON.stringify(store.folder)}) });`;
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

test('only what is new or changed is read again', async () => {
  const { folder, store, options } = work(6);
  await textsOf(options);
  const before = new Map(
    sealed(store).map((name) => [name, statSync(join(store.folder, name), { bigint: true }).mtimeNs]),
  );
  let read = 0;
  writeFileSync(join(folder, nameOf(6)), textOf(60, 1));
  const texts = await textsOf({
    ...options,
    onProgress: ({ files }) => {
      read = Math.max(read, files);
    },
  });
  assert.deepEqual([texts.length, texts.at(-1), read], [19, '60号機の記録、0行目', 7]);
  for (const [name, time] of before) assert.equal(statSync(join(store.folder, name), { bigint: true }).mtimeNs, time);
});

test('a changed file replaces what was made of it, and a deleted one leaves nothing behind', async () => {
  const { folder, store, options } = work(4);
  await textsOf(options);
  writeFileSync(join(folder, nameOf(1)), textOf(11, 1));
  rmSync(join(folder, nameOf(2)));
  const texts = await textsOf(options);
  assert.deepEqual(texts, [
    ...[0, 1, 2].map((line) => `0号機の記録、${line}行目`),
    '11号機の記録、0行目',
    ...[0, 1, 2].map((line) => `3号機の記録、${line}行目`),
  ]);
  const everything: string[] = [];
  for (const manifest of await store.manifests((await prepareFiles(options)).pipeline))
    for await (const document of store.documents(manifest)) everything.push(JSON.stringify(document));
  assert.ok(!everything.some((line) => line.includes('2号機の記録、') || line.includes('"1号機')));
});

test('threads give the same segments as one thread', async () => {
  const one = work(20);
  const many = work(20);
  await textsOf(one.options);
  await textsOf({ ...many.options, workerCount: 3 });
  const bytes = (store: SegmentStore) =>
    readdirSync(store.folder)
      .filter((name) => name.endsWith('.zst'))
      .map((name) => readFileSync(join(store.folder, name)).toString('base64'))
      .sort();
  assert.deepEqual(bytes(many.store), bytes(one.store));
  assert.equal(bytes(one.store).length, 10);
});

test('after kill -9 finished units are not repeated, and the result is the undisturbed one', async () => {
  const { folder, store, options } = work(60, 400);
  const undisturbed = await textsOf({ ...options, store: new SegmentStore(`${store.folder}-2`) });
  const killed = startProcess({ folder, store });
  while (!readdirSync(options.folder).length || !existsSealed(store, 5)) await delay(5);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const before = new Map(
    sealed(store).map((name) => [name, statSync(join(store.folder, name), { bigint: true }).mtimeNs]),
  );
  assert.ok(before.size >= 5 && before.size < 30, `${before.size} of 30 units were done`);
  // Nobody waits a minute for a claim of the dead here.
  assert.deepEqual(await textsOf({ ...options, staleMs: 0 }), undisturbed);
  for (const [name, time] of before)
    assert.equal(statSync(join(store.folder, name), { bigint: true }).mtimeNs, time, name);
  assert.equal(readdirSync(store.folder).filter((name) => name.endsWith('.tmp')).length, 0);
});

function existsSealed(store: SegmentStore, count: number): boolean {
  try {
    return sealed(store).length >= count;
  } catch {
    return false;
  }
}

test('two processes share one corpus: each unit is done once, and both see the whole', async () => {
  const { folder, store, options } = work(40, 200);
  const ends = await Promise.all(
    [startProcess({ folder, store }), startProcess({ folder, store })].map((one) => once(one, 'exit')),
  );
  assert.deepEqual(
    ends.map(([code]) => code),
    [0, 0],
  );
  assert.equal(sealed(store).length, 20);
  assert.equal((await textsOf(options)).length, 8_000);
});

test('a claim is respected while it advances, and taken over when its holder is dead', async () => {
  const { root } = work(0);
  const claims = join(root, 'claims');
  const first = await claimUnit(claims, 'unit', 200);
  assert.ok(first);
  assert.equal(await claimUnit(claims, 'unit', 200), undefined);
  await delay(150);
  assert.ok(await first.beat());
  await delay(150);
  assert.equal(await claimUnit(claims, 'unit', 200), undefined);
  await delay(250);
  const second = await claimUnit(claims, 'unit', 200);
  assert.ok(second);
  // The first was only slow: it learns that the unit is another's now, and does not give that one's claim back.
  assert.equal(await first.beat(), false);
  await first.release();
  assert.equal(await claimUnit(claims, 'unit', 10_000), undefined);
  await second.release();
  assert.ok(await claimUnit(claims, 'unit', 10_000));
});

test('a claim of a process of this machine that is gone is taken over at once, one of another machine is waited for', async () => {
  const { root } = work(0);
  const claims = join(root, 'claims');
  mkdirSync(claims);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(claims, 'here'), `${hostname()} ${pid} 00\n`);
  writeFileSync(join(claims, 'there'), `${hostname()}-2 ${pid} 00\n`);
  assert.ok(await claimUnit(claims, 'here', 60_000));
  assert.equal(await claimUnit(claims, 'there', 60_000), undefined);
});

test('a damaged segment is noticed, named and made anew', async () => {
  const { store, options } = work(4);
  const { segments } = await prepareFiles(options);
  const path = join(store.folder, `${segments[0]!.unit}.jsonl.zst`);
  const bytes = readFileSync(path);
  bytes[bytes.length - 20]! ^= 0xff;
  writeFileSync(path, bytes);
  const error: unknown = await textsOf(options).catch((caught: unknown) => caught);
  assert.ok(isKibanError(error) && error.code === 'segment-damaged');
  assert.equal(error.extra.unit, segments[0]!.unit);
  await store.remove(segments[0]!.unit);
  assert.equal((await textsOf(options)).length, 12);
});

test('another setting makes everything anew and leaves nothing of the old', async () => {
  const { store, options } = work(4);
  const { pipeline } = await prepareFiles(options);
  await writePreparation(store.folder, { profile: 'kiban-raw-1' });
  const raw = await prepareFiles(options);
  assert.notEqual(raw.pipeline, pipeline);
  assert.deepEqual(await store.manifests(pipeline), []);
});
