// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeZip } from '../samples/make-zip.ts';
import { readSamples } from '../samples/read-sample.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** 鋼板 in ISO-2022-JP. */
const steelJis = hex('1B2442 395D4844 1B2842');

test('a mail in ISO-2022-JP gives subject, date and text, and no names of persons', async () => {
  const mail = Buffer.concat([
    Buffer.from(
      [
        'From: =?ISO-2022-JP?B?GyRCOW4bKEI=?= <taro@example.com>',
        'To: hanako@example.com',
        `Subject: =?ISO-2022-JP?B?${steelJis.toString('base64')}?=`,
        ' =?ISO-2022-JP?B?GyRCJE43bxsoQg==?=',
        'Date: Tue, 24 Nov 2026 06:00:00 +0900',
        'Content-Type: text/plain; charset="ISO-2022-JP"',
        'Content-Transfer-Encoding: 7bit',
        '',
        '',
      ].join('\r\n'),
    ),
    steelJis,
    Buffer.from(' 1480\r\nend\r\n'),
  ]);
  const { texts, files } = await readSamples({ 'a.eml': mail });
  assert.deepEqual(texts, ['Subject: 鋼板の件\nDate: Tue, 24 Nov 2026 06:00:00 +0900\n\n鋼板 1480\nend']);
  assert.deepEqual([files[0]?.status, files[0]?.encoding, files[0]?.entries], ['kept', null, null]);
});

test('quoted-printable CP932 and base64 UTF-8 are decoded, and text goes before HTML', async () => {
  const mail = [
    'Subject: =?UTF-8?Q?=E6=97=A5=E5=A0=B1?=',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=cp932',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '=8D|=94=C2=87@',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('<p>別の文</p>').toString('base64'),
    '--b--',
    '',
  ].join('\r\n');
  const html = mail.replace(/--b\r\nContent-Type: text\/plain.*?(?=--b\r\nContent-Type: text\/html)/s, '');
  const { texts } = await readSamples({ 'a.eml': mail, 'b.eml': html });
  assert.deepEqual(texts, ['Subject: 日報\n\n鋼板①', 'Subject: 日報\n\n別の文']);
});

test('a mail that does not say its charset is decoded by its bytes', async () => {
  const head = Buffer.from('Subject: report\r\nMIME-Version: 1.0\r\n\r\n');
  const { texts } = await readSamples({
    'a.eml': Buffer.concat([head, hex('8D7C 94C2 82CC 955C 96CA')]),
    'b.eml': Buffer.concat([head, steelJis]),
    'c.eml': Buffer.concat([head, Buffer.from('鋼板')]),
  });
  assert.deepEqual(texts, ['Subject: report\n\n鋼板の表面', 'Subject: report\n\n鋼板', 'Subject: report\n\n鋼板']);
});

test('attachments and forwarded mails are files of their own, accounted for by name', async () => {
  const part = (type: string, name: string | undefined, data: Buffer) =>
    [
      '--b',
      `Content-Type: ${type}`,
      `Content-Disposition: attachment${name === undefined ? '' : `; filename="${name}"`}`,
      'Content-Transfer-Encoding: base64',
      '',
      data.toString('base64'),
    ].join('\r\n');
  const mail = [
    'Subject: files',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '本文',
    part('text/csv', 'a.csv', Buffer.from('日時,値\n1/2,3\n')),
    part('application/zip', '../../x.zip', makeZip([{ name: 'in.txt', data: '中' }])),
    part('text/plain', undefined, Buffer.from('無名')),
    part('image/png', 'logo.png', Buffer.from('png')),
    part('text/csv', 'a.csv', Buffer.from('日時,値\n1/3,4\n')),
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    '',
    'forwarded text',
    '--b--',
    '',
  ].join('\r\n');
  const { texts, entries, files } = await readSamples({ 'm.eml': mail });
  assert.deepEqual(
    entries.map(({ path, status, reason }) => [path, reason ?? status]),
    [
      ['m.eml!a.csv', 'kept'],
      ['m.eml!x.zip!in.txt', 'kept'],
      ['m.eml!x.zip', 'kept'],
      ['m.eml!attachment.txt', 'kept'],
      ['m.eml!logo.png', 'unsupported-format'],
      ['m.eml!a (2).csv', 'kept'],
      ['m.eml!attachment.eml', 'kept'],
    ],
  );
  assert.deepEqual(texts[0], 'Subject: files\n\n本文');
  assert.deepEqual(texts.at(-1), 'Subject: inner\n\nforwarded text');
  assert.deepEqual(files[0]?.entries, { total: 7, kept: 6, partlyKept: 0, refused: 1 });
  assert.equal(files[0]?.records, texts.length);
});

test('lines of a mail that do not decode are left out and named', async () => {
  const mail = Buffer.concat([
    Buffer.from('Subject: s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n一行目\r\n'),
    hex('E381FF'),
    Buffer.from('\r\n三行目\r\n'),
  ]);
  const { texts, files } = await readSamples({ 'a.eml': mail });
  assert.deepEqual(texts, ['Subject: s\n\n一行目\n三行目']);
  assert.deepEqual(files[0]?.faults, [
    { reason: 'undecodable-bytes', offset: Buffer.byteLength('Subject: s\n\n一行目\n'), line: 4 },
  ]);
});

test('what is no mail, and one nested without end, are refused', async () => {
  const open = Array.from(
    { length: 80 },
    (_, level) => `--b${level}\r\nContent-Type: multipart/mixed; boundary=b${level + 1}\r\n\r\n`,
  );
  const { files } = await readSamples({
    'a.eml': '\n\n',
    'b.eml': `Subject: s\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n${open.join('')}text`,
  });
  assert.deepEqual(
    files.map(({ reason }) => reason),
    ['document-malformed', 'nested-too-deep'],
  );
});
