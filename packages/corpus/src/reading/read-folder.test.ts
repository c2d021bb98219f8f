// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { isKibanError } from '@kiban/core';
import { describeOutcome } from './describe-outcome.ts';
import type { FileOutcome } from './file-outcome.ts';
import { listFolder } from './list-folder.ts';
import { type ReadOptions, readFolder } from './read-folder.ts';
import type { RecordContent, TextRecord } from './text-record.ts';

const made: string[] = [];
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-corpus-'));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function read(folder: string, options: Partial<ReadOptions> = {}) {
  const records: TextRecord[] = [];
  const outcomes: FileOutcome[] = [];
  for await (const item of readFolder(folder, { source: 'test', ...options })) {
    if (item.kind === 'record') records.push(item.record);
    else if (item.kind === 'file') outcomes.push(item.outcome);
  }
  return { records, outcomes, contents: records.map((record) => record.content.open()) };
}

async function readOne(name: string, content: string | Uint8Array, options: Partial<ReadOptions> = {}) {
  const { records, outcomes, contents } = await read(await folderOf({ [name]: content }), options);
  return { records, contents, outcome: outcomes[0]! };
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

const text = (value: string): RecordContent => ({ kind: 'text', text: value });

test('a text file in each encoding gives the same document', async () => {
  const wide = Buffer.from('\ufeff鋼板の表面\n2行目\n', 'utf16le');
  const files = {
    'a.txt': '鋼板の表面\n2行目\n',
    'b.md': Buffer.from('\ufeff鋼板の表面\r\n2行目\r\n'),
    'c.txt': wide,
    'd.txt': Buffer.from(wide).swap16(),
    'e.txt': hex('8D7C 94C2 82CC 955C 96CA 0A 32 8D73 96DA 0A'),
    'f.txt': hex('B9DD C8C4 A4CE C9BD CCCC 0A 32 B9D4 CCDC 0A'),
    'g.txt': hex('1B2442 395D 4844 244E 493D 4C4C 1B2842 0A 32 1B2442 3954 4C5C 1B2842 0A'),
  };
  const { contents, outcomes } = await read(await folderOf(files));
  for (const content of contents) {
    assert.ok(content.kind === 'text');
    assert.equal(content.text.replaceAll('\r', ''), '鋼板の表面\n2行目');
  }
  assert.deepEqual(
    outcomes.map(({ encoding }) => encoding),
    ['utf-8', 'utf-8', 'utf-16le', 'utf-16be', 'cp932', 'euc-jp', 'iso-2022-jp'],
  );
  assert.ok(outcomes.every(({ status }) => status === 'kept'));
});

test('an undecodable line is named by line and offset, and the lines around it are kept', async () => {
  const first = '一行目\n';
  const bad = Buffer.concat([Buffer.from(first), Buffer.from('悪い'), hex('E3 41 0A'), Buffer.from('三行目\n')]);
  const { contents, outcome } = await readOne('x.txt', bad);
  assert.deepEqual(contents, [text('一行目\n三行目')]);
  assert.equal(outcome.status, 'partly-kept');
  const offset = Buffer.byteLength(first) + Buffer.byteLength('悪い');
  assert.deepEqual(outcome.faults, [{ reason: 'undecodable-bytes', offset, line: 2 }]);
  assert.match(
    describeOutcome(outcome).en,
    new RegExp(`^x.txt: 1 records kept, 1 places dropped.*line 2 .byte offset ${offset}.`),
  );
});

test('undecodable UTF-16 is named by offset too', async () => {
  const bytes = Buffer.concat([
    hex('FFFE'),
    Buffer.from('一\n', 'utf16le'),
    hex('4100 00D8 0A00'),
    Buffer.from('三', 'utf16le'),
  ]);
  const { contents, outcome } = await readOne('x.txt', bytes);
  assert.deepEqual(contents, [text('一\n三')]);
  assert.deepEqual(outcome.faults, [{ reason: 'undecodable-bytes', offset: 8, line: 2 }]);
});

test('a file that no encoding fits is refused with the offset', async () => {
  const { outcome } = await readOne('x.txt', Buffer.concat([Buffer.from('abc'), hex('FF FF FE')]));
  assert.equal(outcome.reason, 'undecodable-bytes');
  assert.deepEqual(outcome.faults, [{ reason: 'undecodable-bytes', offset: 3, line: 1 }]);
});

test('an encoding that shows only after a long ASCII beginning is found', async () => {
  const ascii = 'plain line of a log\n'.repeat(20_000);
  const { contents, outcome } = await readOne('x.txt', Buffer.concat([Buffer.from(ascii), hex('8D7C 94C2 0A')]), {
    maxDocumentCharacters: 1 << 20,
  });
  assert.equal(outcome.encoding, 'cp932');
  assert.deepEqual(contents, [text(`${ascii}鋼板`)]);
});

test('empty, blank, binary, ambiguous and unknown files are refused, each for its reason', async () => {
  const { outcomes, records } = await read(
    await folderOf({
      'a.txt': '',
      'b.txt': ' \n\n',
      'c.txt': Buffer.from('%PDF-1.7 ...'),
      'd.csv': hex('00 01 02 03 FF'),
      'e.txt': hex('D0D0 D0D0'),
      'f.docx': 'x',
      'f.xls': 'x',
      'g.csv': 'column,other\n',
      'h.jsonl': 'not json\n{"other":1}\n',
    }),
  );
  assert.equal(records.length, 0);
  assert.deepEqual(
    outcomes.map(({ reason, detail }) => [reason, detail]),
    [
      ['empty-file', null],
      ['no-text', null],
      ['binary-file', 'PDF'],
      ['binary-file', null],
      ['encoding-ambiguous', null],
      ['document-malformed', null],
      ['unsupported-format', '.xls'],
      ['no-text', null],
      ['nothing-usable', null],
    ],
  );
  for (const outcome of outcomes) {
    const { ja, en } = describeOutcome(outcome);
    assert.ok(ja.startsWith(outcome.path) && en.startsWith(outcome.path));
  }
});

test('the owner settles an ambiguous encoding', async () => {
  assert.deepEqual((await readOne('e.txt', hex('D0D0 D0D0'), { encoding: 'cp932' })).contents, [text('ﾐﾐﾐﾐ')]);
});

test('an empty folder, one that is missing and one that is a file are clear errors', async () => {
  const failure = async (folder: string) => {
    const error: unknown = await listFolder(folder).catch((caught: unknown) => caught);
    assert.ok(isKibanError(error) && error.detail.ja.includes(folder) && error.detail.en.includes(folder));
    return error.code;
  };
  assert.equal(await failure(await folderOf({})), 'folder-empty');
  assert.equal(await failure('/nowhere/at/all'), 'folder-not-found');
  assert.equal(await failure(join(await folderOf({ 'a.txt': 'a' }), 'a.txt')), 'folder-unreadable');
});

test('an unreadable file is named with the reason of the operating system', async (context) => {
  const folder = await folderOf({ 'a.txt': '秘密', 'b.txt': '公開', 'c/d.txt': '奥' });
  await chmod(folder, 0o755);
  await chmod(join(folder, 'a.txt'), 0);
  await chmod(join(folder, 'c'), 0);
  // Root may read everything, so the reading is done by a child that gives up that right.
  const script = `
    import { readFolder } from ${JSON.stringify(new URL('./read-folder.ts', import.meta.url).href)};
    if (process.getuid() === 0) process.setuid(65534);
    const outcomes = [];
    for await (const item of readFolder(process.argv[1], { source: 's' })) if (item.kind === 'file') outcomes.push(item.outcome);
    console.log(JSON.stringify(outcomes.map(({ path, reason, detail }) => [path, reason, detail])));`;
  if (process.platform === 'win32') return context.skip('permissions differ');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder]);
  await chmod(join(folder, 'c'), 0o755);
  assert.deepEqual(JSON.parse(stdout), [
    ['a.txt', 'unreadable', 'EACCES'],
    ['b.txt', null, null],
    ['c', 'unreadable', 'EACCES'],
  ]);
});

test('links are followed inside the folder only, and a loop ends', async () => {
  const outside = await folderOf({ 'secret.txt': '外' });
  const folder = await folderOf({ 'in/a.txt': '内' });
  await symlink(join(outside, 'secret.txt'), join(folder, 'b.txt'));
  await symlink(outside, join(folder, 'c'));
  await symlink(join(folder, 'in', 'a.txt'), join(folder, 'd.txt'));
  await symlink(folder, join(folder, 'in', 'loop'));
  await symlink(join(folder, 'gone.txt'), join(folder, 'z.txt'));
  const { outcomes } = await read(folder);
  assert.deepEqual(
    outcomes.map(({ path, reason }) => [path, reason]),
    [
      ['b.txt', 'link-leaves-folder'],
      ['c', 'link-leaves-folder'],
      ['d.txt', null],
      ['in/a.txt', null],
      ['in/loop', 'link-to-folder'],
      ['z.txt', 'unreadable'],
    ],
  );
});

test('a named pipe is refused without waiting for a writer', async (context) => {
  if (process.platform === 'win32') return context.skip('no named pipes');
  const folder = await folderOf({});
  await promisify(execFile)('mkfifo', [join(folder, 'a.txt')]);
  assert.equal((await read(folder)).outcomes[0]?.reason, 'not-a-regular-file');
});

test('jsonl gives texts and chats, and names lines that are neither', async () => {
  const lines = [
    '{"text":"本文","lang":"ja"}',
    '{"messages":[{"role":"user","content":"問"},{"role":"assistant","content":"答"}]}',
    '{broken',
    '',
    '{"messages":[{"role":"nobody","content":"x"}]}',
    '{"text":"  "}',
    '{"text":"最後"}',
  ];
  const { contents, outcome } = await readOne('x.jsonl', lines.join('\r\n'));
  assert.deepEqual(contents, [
    text('本文'),
    {
      kind: 'chat',
      messages: [
        { role: 'user', content: '問' },
        { role: 'assistant', content: '答' },
      ],
    },
    text('最後'),
  ]);
  assert.deepEqual(
    outcome.faults.map(({ reason, line }) => [reason, line]),
    [
      ['json-malformed', 3],
      ['record-malformed', 5],
      ['record-malformed', 6],
    ],
  );
  const offset = Buffer.byteLength(lines.slice(0, 2).join('\r\n')) + 2;
  assert.equal(outcome.faults[0]?.offset, offset);
});

test('csv rows become named lines, over quoted line breaks and past rows that are wrong', async () => {
  const csv = [
    '日時,設備,備考',
    '1/2,BF3,"一行目',
    '二行目, ""引用"""',
    '1/3,,直径 5" の管',
    '1/4,BF2,a,余り',
    '1/5,BF1,',
    '1/6,BF1,',
    '"閉じない,x,y',
    '1/7,BF4,再開',
    '',
  ].join('\n');
  const { contents, records, outcome } = await readOne('x.csv', csv);
  assert.deepEqual(contents, [
    text('日時: 1/2\n設備: BF3\n備考: 一行目\n二行目, "引用"'),
    text('日時: 1/3\n備考: 直径 5" の管'),
    text('日時: 1/5\n設備: BF1'),
    text('日時: 1/6\n設備: BF1'),
    text('日時: 1/7\n設備: BF4\n備考: 再開'),
  ]);
  assert.deepEqual(
    outcome.faults.map(({ reason, line }) => [reason, line]),
    [
      ['csv-too-many-cells', 5],
      ['csv-row-malformed', 8],
    ],
  );
  assert.equal(records[0]?.offset, Buffer.byteLength('日時,設備,備考\n'));
});

test('tab-separated values under the name csv are read', async () => {
  assert.deepEqual((await readOne('x.csv', 'a\tb\n1,5\t2\n')).contents, [text('a: 1,5\nb: 2')]);
});

test('html gives what a reader sees', async () => {
  const html = `<!doctype html><html><head><title>日報</title><style>p{color:red}</style></head><body>
<h1>第3高炉</h1><p>溶銑温度が<b>低下</b>し、
送風を&nbsp;増やした &amp; 記録。</p><script>alert("x")</script>
<table><tr><th>項目</th><th>値</th></tr><tr><td>温度</td><td>1,480&#8451;</td></tr></table>
<pre>a  b
 c</pre></body></html>`;
  assert.deepEqual((await readOne('x.html', html)).contents, [
    text('日報\n第3高炉\n溶銑温度が低下し、送風を\u00a0増やした & 記録。\n項目\t値\n温度\t1,480℃\na  b\n c'),
  ]);
});

test('a long document comes in pieces that together are the document', async () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `${index}番目の行`);
  const { records, contents } = await readOne('x.txt', lines.join('\n'), { maxDocumentCharacters: 1_000 });
  assert.deepEqual(
    contents
      .map((content) => (content.kind === 'text' ? content.text : ''))
      .join('\n')
      .split('\n'),
    lines,
  );
  assert.deepEqual(
    records.map(({ part }) => part),
    records.map((_, index) => index),
  );
  assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
});

test('a line of megabytes is cut between characters in every encoding', async () => {
  const line = '鋼板①'.repeat(250_000);
  const cp932 = Buffer.alloc(6 * 250_000, hex('8D7C 94C2 8740'));
  const inputs: (string | Uint8Array)[] = [line, Buffer.from(`\ufeff${line}`, 'utf16le'), cp932];
  for (const input of inputs) {
    const { contents, outcome } = await readOne('x.txt', input);
    assert.equal(outcome.faultCount, 0);
    assert.equal(contents.map((content) => (content.kind === 'text' ? content.text : '')).join(''), line);
  }
});

test('names that begin with a dot are named and not read, order depends on names alone', async () => {
  const folder = await folderOf({ 'b.txt': 'b', 'a/z.txt': 'z', '.git/config.txt': 'x', 'a/.hidden.txt': 'x' });
  assert.deepEqual(
    (await read(folder)).outcomes.map(({ path, reason }) => [path, reason]),
    [
      ['.git', 'passed-over-name'],
      ['a/.hidden.txt', 'passed-over-name'],
      ['a/z.txt', null],
      ['b.txt', null],
    ],
  );
});

test('bytes read add up to the listing, and an aborted reading stops', async () => {
  const folder = await folderOf({ 'a.txt': '\ufeffテキスト', 'b.pdf': 'xyz', 'c.txt': '', 'd.csv': 'a,b\n1,2\n' });
  let bytes = 0;
  await read(folder, {
    onBytes: (more) => {
      bytes += more;
    },
  });
  assert.equal(bytes, (await listFolder(folder)).bytesTotal);
  await assert.rejects(read(folder, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('a record never prints its text', async () => {
  const { records } = await readOne('x.txt', '社外秘');
  assert.ok(!JSON.stringify(records).includes('社外秘'));
});
