// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSamples } from './samples/read-sample.ts';

test('XML gives the text of its elements, each on its line unless it lies in running text', async () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<!-- 注釈 -->
<report date="2026-11-24"><title>日報</title><row><name>BF3</name><value>1480</value></row>
<p>溶銑<b>温度</b>が &lt;低下&gt; &#x3042;<![CDATA[ & 記録]]></p></report>`;
  const { texts, files } = await readSamples({ 'a.xml': xml });
  assert.deepEqual(texts, ['日報\nBF3\n1480\n溶銑温度が <低下> あ & 記録']);
  assert.equal(files[0]?.status, 'kept');
});

test('what a document type declares is neither fetched nor expanded, and its use is named', async () => {
  const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`);
  const xml = `<!DOCTYPE r [<!ENTITY l0 "ha">${laughs.join('')}<!ENTITY file SYSTEM "file:///etc/passwd">]>
<r><a>前 &l9; 中 &file; 後</a>
<b>&constructor;</b></r>`;
  const { texts, files } = await readSamples({ 'a.xml': xml });
  assert.deepEqual(texts, ['前 &l9; 中 &file; 後\n&constructor;']);
  const [first] = files;
  assert.equal(first?.status, 'partly-kept');
  assert.deepEqual(first?.faultsByReason, { 'entity-unknown': 3 });
  assert.deepEqual(
    first?.faults.map(({ line }) => line),
    [2, 2, 3],
  );
});

test('XML that is not well formed is kept up to the line of the fault', async () => {
  const xml = '<r>\n<a>一</a>\n<b>二</c>\n<d>三</d>\n</r>';
  const { texts, files } = await readSamples({ 'a.xml': xml, 'b.xml': '<r><a>閉じない</a>' });
  assert.deepEqual(texts, ['一\n二', '閉じない']);
  assert.deepEqual(files[0]?.faults, [
    { reason: 'markup-malformed', offset: Buffer.byteLength('<r>\n<a>一</a>\n'), line: 3 },
  ]);
  assert.deepEqual(files[1]?.faults, [{ reason: 'markup-malformed', offset: 0, line: 1 }]);
});

test('elements nested too deep end the reading at their line, in XML and HTML', async () => {
  const deep = `<p>前</p>\n${'<div>'.repeat(5_000)}奥`;
  const { texts, files } = await readSamples({ 'a.html': deep, 'b.xml': `<r>${deep}` });
  assert.deepEqual(texts, ['前', '前']);
  assert.deepEqual(
    files.map(({ faults }) => [faults[0]?.reason, faults[0]?.line]),
    [
      ['markup-too-deep', 2],
      ['markup-too-deep', 2],
    ],
  );
});

test('a legacy file that its bytes do not decide is read as it declares itself', async () => {
  // ﾐﾐﾐﾐ in CP932 or four kanji in EUC-JP.
  const tie = Buffer.from('D0D0D0D0', 'hex');
  const page = (charset: string) =>
    Buffer.concat([Buffer.from(`<meta charset="${charset}"><p>`), tie, Buffer.from('</p>')]);
  const { files } = await readSamples({
    'a.html': page('Shift_JIS'),
    'b.html': page('euc-jp'),
    'c.html': page('unknown'),
    'd.xml': Buffer.concat([Buffer.from('<?xml version="1.0" encoding="EUC-JP"?><a>'), tie, Buffer.from('</a>')]),
  });
  assert.deepEqual(
    files.map(({ encoding, reason }) => encoding ?? reason),
    ['cp932', 'euc-jp', 'encoding-ambiguous', 'euc-jp'],
  );
});

test('megabytes of HTML without any block are read in pieces', async () => {
  const html = '溶銑<b>温度</b>'.repeat(60_000);
  const { texts, records } = await readSamples({ 'a.html': html });
  assert.equal(texts.join(''), '溶銑温度'.repeat(60_000));
  assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
});

test('a tag or comment that never ends is given up in bounded memory', async () => {
  const endless = 'x'.repeat(20 << 20);
  const { files } = await readSamples({
    'a.html': `<p>前</p>\n<a href="${endless}`,
    'b.html': `<p>前</p>\n<!-- ${endless}`,
    'c.xml': `<r><p>前</p>\n<a href="${endless}`,
  });
  for (const file of files) {
    assert.deepEqual([file.records, file.faults[0]?.reason, file.faults[0]?.line], [1, 'paragraph-too-long', 2]);
  }
});
