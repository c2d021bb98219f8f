// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDocx, makePptx, makeXlsx, paragraph, sheetRow, slideText } from '../samples/make-office.ts';
import { makeZip } from '../samples/make-zip.ts';
import { readSamples } from '../samples/read-sample.ts';
import { formatOfCode, numberText } from './cell-dates.ts';

test('a Word document gives its paragraphs, tables and footnotes, and not what was deleted', async () => {
  const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
  const body = [
    '<w:p><w:pPr><w:tabs><w:tab w:pos="1"/></w:tabs></w:pPr><w:r><w:t>第3高炉</w:t></w:r><w:r><w:tab/><w:t xml:space="preserve"> 日報</w:t></w:r></w:p>',
    '<w:p><w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins><w:r><w:t>溶銑温度が低下</w:t></w:r></w:ins><w:r><w:br/><w:t>送風を増やした</w:t></w:r></w:p>',
    '<w:p><w:r><w:ruby><w:rt><w:r><w:t>ようせん</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>溶銑</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>',
    `<w:tbl><w:tr>${cell('項目')}${cell('値')}</w:tr><w:tr>${cell('温度')}<w:tc>${paragraph('1,480')}${paragraph('℃')}</w:tc></w:tr></w:tbl>`,
    '<w:p><mc:AlternateContent><mc:Choice><w:r><w:t>図形の文字</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>図形の文字</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>',
  ].join('');
  const { texts, files } = await readSamples({ 'a.docx': makeDocx(body, paragraph('注: 速報値')) });
  assert.deepEqual(texts, [
    '第3高炉\t 日報\n溶銑温度が低下\n送風を増やした\n溶銑\n項目\t値\n温度\t1,480 ℃\n図形の文字\n注: 速報値',
  ]);
  assert.deepEqual([files[0]?.status, files[0]?.format, files[0]?.encoding], ['kept', 'docx', null]);
});

test('a long Word document comes in pieces with their own ids', async () => {
  const body = Array.from({ length: 3_000 }, (_, index) => paragraph(`${index}番目の段落`)).join('');
  const { records, texts } = await readSamples({ 'a.docx': makeDocx(body) }, { maxDocumentCharacters: 2_000 });
  assert.equal(texts.join('\n').split('\n').length, 3_000);
  assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
  assert.deepEqual(
    records.map(({ part }) => part),
    records.map((_, index) => index),
  );
  const [, second] = records;
  assert.equal(second?.offset, Buffer.byteLength(`${texts[0]}\n`));
});

test('the rows of a sheet become records named by its heading, with dates and merged cells', async () => {
  const rows = [
    sheetRow(1, ['操業実績', null, null, null]),
    sheetRow(2, ['日付', '設備', '区分', null, '時刻']),
    sheetRow(3, [null, null, '温度', '湿分', null]),
    sheetRow(4, [[46_350, 1], 'BF3', 1480.5, 12, [0.25, 2]]),
    sheetRow(5, [null, 'BF2', 0.1 + 0.2, null, [1.5, 2]]),
    sheetRow(6, [[46_351.75, 3], 'BF1', null, null, null]),
  ].join('');
  const merges = ['A1:E1', 'A2:A3', 'B2:B3', 'C2:D2', 'E2:E3', 'A4:A5'];
  const { texts, files } = await readSamples({ 'a.xlsx': makeXlsx([{ name: '日報', rows, merges }]) });
  assert.deepEqual(texts, [
    '日報\n操業実績\n日付\t設備\t区分\t時刻',
    '日付: 2026-11-24\n設備: BF3\n区分 温度: 1480.5\n区分 湿分: 12\n時刻: 06:00',
    '日付: 2026-11-24\n設備: BF2\n区分 温度: 0.3\n時刻: 36:00',
    '日付: 2026-11-25 18:00\n設備: BF1',
  ]);
  assert.equal(files[0]?.status, 'kept');
});

test('shared strings are read without the readings above them, and a sheet without heading keeps its shape', async () => {
  const strings = ['<t>設備</t>', '<r><t>高</t></r><r><t>炉</t></r><rPh sb="0" eb="2"><t>コウロ</t></rPh>'];
  const shared =
    '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="str"><f>A1&amp;"x"</f><v>算出</v></c><c r="C2" t="e"><v>#REF!</v></c></row>';
  const numbers = [sheetRow(1, [1, 2]), sheetRow(2, [3, 4])].join('');
  const { texts, records } = await readSamples({
    'a.xlsx': makeXlsx(
      [
        { name: '文字', rows: shared },
        { name: '空', rows: '' },
        { name: '数', rows: numbers },
      ],
      strings,
    ),
  });
  assert.deepEqual(texts, ['文字\n設備\n高炉\t算出', '数\n1\t2\n3\t4']);
  assert.deepEqual(
    records.map(({ part }) => part),
    [0, 0],
  );
});

test('number formats are told apart as a spreadsheet does', () => {
  assert.deepEqual(
    [
      'yyyy/mm/dd',
      'h:mm AM/PM',
      '[h]:mm',
      '[$-411]ggge"年"m"月"d"日"',
      '0.00E+00',
      'General',
      '[Red]#,##0"日"',
      'mmm',
      'm/d h:mm',
    ].map(formatOfCode),
    ['date', 'time', 'time', 'date', 'number', 'number', 'number', 'date', 'date-time'],
  );
  assert.deepEqual(
    [
      numberText('1', 'date', false),
      numberText('59', 'date', false),
      numberText('61', 'date', false),
      numberText('0', 'date', true),
    ],
    ['1900-01-01', '1900-02-28', '1900-03-01', '1904-01-01'],
  );
  assert.equal(numberText('46350.2500001', 'date-time', false), '2026-11-24 06:00');
  assert.equal(numberText('99999999999', 'date', false), '99999999999');
});

test('slides are read in the order they are shown, with their notes', async () => {
  const table =
    '<a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>項目</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>値</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl>';
  const number = '<a:p><a:fld type="slidenum"><a:t>1</a:t></a:fld></a:p>';
  const { texts } = await readSamples({
    'a.pptx': makePptx([
      { body: slideText('表紙') + number, notes: slideText('話す内容') + number },
      { body: slideText('課題') + table },
    ]),
  });
  assert.deepEqual(texts, ['表紙\n話す内容\n\n課題\n項目\t値']);
});

test('an Office file with a password, an old one and a damaged one are told apart', async () => {
  const container = Buffer.from('d0cf11e0a1b11ae1', 'hex');
  const { files } = await readSamples({
    'a.xlsx': Buffer.concat([
      container,
      Buffer.alloc(1_000),
      Buffer.from('EncryptedPackage', 'utf16le'),
      Buffer.alloc(1_000),
    ]),
    'b.docx': Buffer.concat([container, Buffer.alloc(1_000)]),
    'c.docx': makeZip([{ name: 'other.txt', data: 'x' }]),
    'd.pptx': Buffer.from('PK\x03\x04 broken'),
  });
  assert.deepEqual(
    files.map(({ reason, detail }) => [reason, detail]),
    [
      ['encrypted', null],
      ['binary-file', 'old Office'],
      ['document-malformed', null],
      ['document-malformed', null],
    ],
  );
});

test('a damaged or missing part is named, and the others are read', async () => {
  const { texts, files } = await readSamples({
    'a.docx': makeDocx(`${paragraph('読める')}<w:p><w:r></w:p>${paragraph('読めない')}`, paragraph('注')),
  });
  assert.deepEqual(texts, ['読める\n注']);
  assert.deepEqual(files[0]?.faults, [
    { reason: 'markup-malformed', offset: Buffer.byteLength('読める\n'), line: 0, within: 'word/document.xml' },
  ]);
});

test('cells, depth, paragraphs and shared strings are bounded', async () => {
  const rows = Array.from({ length: 50 }, (_, index) => sheetRow(index + 1, ['一', '二'])).join('');
  const deep = `${'<w:sdt>'.repeat(2_000)}${paragraph('奥')}${'</w:sdt>'.repeat(2_000)}`;
  const limits = { maxWorkbookCells: 60, maxParagraphCharacters: 1_000 };
  const { files } = await readSamples(
    {
      'a.xlsx': makeXlsx([{ name: 's', rows }]),
      'b.docx': makeDocx(paragraph('手前') + deep),
      'c.docx': makeDocx(paragraph('手前') + paragraph('長'.repeat(1_500))),
    },
    { limits },
  );
  assert.deepEqual(
    files.map(({ faults }) => faults[0]?.refusal ?? faults[0]?.reason),
    ['too-many-cells', 'markup-too-deep', 'paragraph-too-long'],
  );
  const strings = Array.from({ length: 100 }, () => '<t>0123456789</t>');
  const held = await readSamples(
    { 'a.xlsx': makeXlsx([{ name: 's', rows }], strings) },
    { limits: { maxSharedStringCharacters: 500 } },
  );
  assert.equal(held.files[0]?.reason, 'too-large-to-hold');
});

test('a workbook that says one long text many times is stopped, as is a row of them', async () => {
  const long = '長'.repeat(100_000);
  const cells = (row: number, columns: string) =>
    `<row r="${row}">${[...columns].map((column) => `<c r="${column}${row}" t="s"><v>0</v></c>`).join('')}</row>`;
  const rows = Array.from({ length: 100 }, (_, index) => cells(index + 1, 'A')).join('');
  const limits = { freeExpandedBytes: 1_000_000, maxExpansionRatio: 1 };
  const many = await readSamples({ 'a.xlsx': makeXlsx([{ name: 's', rows }], [`<t>${long}</t>`]) }, { limits });
  assert.equal(many.files[0]?.faults.at(-1)?.refusal, 'expands-too-much');
  const wide = sheetRow(1, [1, 2]) + cells(2, 'ABCDEFGH') + sheetRow(3, [3, 4]);
  const one = await readSamples(
    { 'a.xlsx': makeXlsx([{ name: 's', rows: wide }], [`<t>${long}</t>`]) },
    { limits: { maxRowBytes: 500_000 } },
  );
  assert.deepEqual(one.texts, ['s\n1\t2\n3\t4']);
  assert.deepEqual(
    one.files[0]?.faults.map(({ reason, line, within }) => [reason, line, within]),
    [['line-too-long', 2, 'xl/worksheets/sheet1.xml']],
  );
});

test('a heading too long to be repeated is named and left out', async () => {
  const name = '名'.repeat(2_000);
  const rows = sheetRow(1, ['日付', name]) + sheetRow(2, [[46_350, 1], 5]);
  const { texts, files } = await readSamples({
    'a.xlsx': makeXlsx([{ name: 's', rows }]),
    'b.csv': `日付,${name}\n2026-11-24,5\n`,
  });
  assert.deepEqual(texts, ['日付: 2026-11-24\n5', '日付: 2026-11-24\n5']);
  assert.deepEqual(
    files.map(({ faults }) => [faults[0]?.reason, faults[0]?.line]),
    [
      ['column-name-too-long', 1],
      ['column-name-too-long', 1],
    ],
  );
});
