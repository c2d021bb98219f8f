// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { describeOutcome } from '../describe-outcome.ts';
import { defaultReadingLimits } from '../reading-limits.ts';
import { Refusal } from '../refusal.ts';
import { makePdf, utf16 } from '../samples/make-pdf.ts';
import { makeZip } from '../samples/make-zip.ts';
import { readSamples } from '../samples/read-sample.ts';
import { PdfThread } from './pdf-thread.ts';

test('Japanese text is read by the tables of its encoding, which are in the package', async () => {
  const cp932 = Buffer.from('91E63D8D4C985B8740'.replace('3D8D4C985B', '33' + '8D82985F'), 'hex');
  const { texts, files } = await readSamples({
    'a.pdf': makePdf({ pages: [[utf16('第3高炉の溶銑温度が'), utf16('低下した。')], [utf16('２頁目 ①')]] }),
    'b.pdf': makePdf({ encoding: '90ms-RKSJ-H', pages: [[cp932]] }),
  });
  assert.deepEqual(texts, ['第3高炉の溶銑温度が\n低下した。\n２頁目 ①', '第3高論①']);
  assert.deepEqual([files[0]?.status, files[0]?.format, files[0]?.faultCount], ['kept', 'pdf', 0]);
});

test('a page without text is named, and a document of such pages is refused as a scan', async () => {
  const { texts, files } = await readSamples({
    'a.pdf': makePdf({ pages: [[utf16('一')], [], [utf16('三')]] }),
    'b.pdf': makePdf({ pages: [[], []] }),
  });
  assert.deepEqual(texts, ['一\n三']);
  assert.deepEqual(files[0]?.faults, [
    { reason: 'page-without-text', offset: Buffer.byteLength('一\n'), line: 0, within: 'page 2' },
  ]);
  assert.equal(files[1]?.reason, 'no-text-layer');
  assert.match(describeOutcome(files[1]!).ja, /文字認識/);
});

test('a PDF that needs a password, one that is damaged and one that is none are refused', async () => {
  const encrypt = `<< /Filter /Standard /V 1 /R 2 /P -4 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> >>`;
  const { files } = await readSamples({
    'a.pdf': makePdf({
      pages: [[utf16('秘密')]],
      extraObjects: [encrypt],
      trailer: '/Encrypt 5 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]',
    }),
    'b.pdf': Buffer.from('%PDF-1.7\nnothing'),
    'c.pdf': 'これはPDFではない',
  });
  assert.deepEqual(
    files.map(({ reason }) => reason),
    ['encrypted', 'document-malformed', 'document-malformed'],
  );
});

test('pages and held bytes are bounded', async () => {
  const pdf = makePdf({ pages: [[utf16('一')], [utf16('二')], [utf16('三')]] });
  const pages = await readSamples({ 'a.pdf': pdf }, { limits: { maxPdfPages: 2 } });
  assert.deepEqual(pages.texts, ['一\n二']);
  assert.equal(pages.files[0]?.faults[0]?.refusal, 'too-many-pages');
  const held = await readSamples(
    { 'a.zip': makeZip([{ name: 'a.pdf', data: pdf }]) },
    { limits: { maxHeldBytes: 100 } },
  );
  assert.equal(held.entries[0]?.reason, 'too-large-to-hold');
});

test('a step that takes too long ends its thread, and the next file is read by another', async () => {
  const slow = new PdfThread({ ...defaultReadingLimits, maxPdfStepMs: 1 });
  const pdf = makePdf({ pages: [[utf16('一')]] });
  await assert.rejects(slow.open(pdf), (error) => error instanceof Refusal && error.reason === 'took-too-long');
  await slow.stop();
  const thread = new PdfThread(defaultReadingLimits);
  assert.equal(await thread.open(pdf), 1);
  assert.equal((await thread.page(1))?.trim(), '一');
  await thread.close();
  await thread.stop();
});

test('a page that unpacks to too much ends its thread', async () => {
  const bomb = deflateSync(Buffer.alloc(160 << 20, ' '), { level: 1 });
  const head = Buffer.from(`<< /Length ${bomb.length} /Filter /FlateDecode >>\nstream\n`);
  const object = Buffer.concat([head, bomb, Buffer.from('\nendstream')]).toString('latin1');
  const pdf = makePdf({ pages: [[utf16('一')]], extraObjects: [object] });
  const bombed = Buffer.from(pdf.toString('latin1').replace('/Contents 7 0 R', '/Contents 5 0 R'), 'latin1');
  const { files } = await readSamples(
    { 'a.pdf': bombed },
    { limits: { maxPdfMemoryBytes: 96 << 20, maxPdfStepMs: 20_000 } },
  );
  assert.equal(files[0]?.reason, 'took-too-much-memory');
});
