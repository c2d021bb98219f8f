// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import { makeDocx, makePptx, makeXlsx, type PartChange, paragraph, sheetRow, slideText } from './make-office.ts';
import { makePdf, utf16 } from './make-pdf.ts';
import { makeZip } from './make-zip.ts';

function cp932(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A small sound file of each format and encoding, by name. `change` is done to the parts of Office files before they are packed. */
export function eachFormat(change?: PartChange): Readonly<Record<string, Buffer>> {
  const text = '第3高炉の溶銑温度が低下し、\n送風を増やした。\n';
  const csv = '日時,設備,備考\n1/2,BF3,"一行目\n二行目"\n1/3,BF2,良\n';
  const mail = [
    'Subject: =?ISO-2022-JP?B?GyRCOV1IRBsoQg==?=',
    'Date: Tue, 24 Nov 2026 06:00:00 +0900',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(text).toString('base64'),
    '--b',
    'Content-Type: text/csv; name=a.csv',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'a,b=0A1,2',
    '--b--',
    '',
  ].join('\r\n');
  const rows = [
    sheetRow(1, ['日付', '設備', '値']),
    sheetRow(2, [[46_350, 1], 'BF3', 1480.5]),
    sheetRow(3, [null, 'BF2', 1]),
  ];
  const docx = makeDocx(paragraph('第3高炉') + paragraph('溶銑温度'), paragraph('注'), change);
  return {
    'utf-8.txt': Buffer.from(text),
    'utf-16.txt': Buffer.from(`\ufeff${text}`, 'utf16le'),
    'cp932.txt': cp932('8D7C 94C2 82CC 955C 96CA 0A 32 8D73 96DA 0A'),
    'euc-jp.txt': cp932('B9DD C8C4 A4CE C9BD CCCC 0A 32 B9D4 CCDC 0A'),
    'iso-2022-jp.txt': cp932('1B2442 395D 4844 244E 1B2842 0A 32 1B2442 3954 1B2842 0A'),
    'a.csv': Buffer.from(csv),
    'a.tsv': Buffer.from(csv.replaceAll(',', '\t')),
    'a.jsonl': Buffer.from('{"text":"一"}\n{"messages":[{"role":"user","content":"問"}]}\n'),
    'a.html': Buffer.from('<html><title>日報</title><p>溶銑<b>温度</b></p><table><tr><td>一<td>二</table></html>'),
    'a.xml': Buffer.from('<?xml version="1.0"?><r><a x="1">一</a><b>二&amp;三</b></r>'),
    'a.eml': Buffer.from(mail),
    'a.docx': docx,
    'a.xlsx': makeXlsx([{ name: '日報', rows: rows.join(''), merges: ['A2:A3'] }], ['<t>高炉</t>'], change),
    'a.pptx': makePptx([{ body: slideText('表紙'), notes: slideText('話') }, { body: slideText('課題') }], change),
    'a.pdf': makePdf({ pages: [[utf16('第3高炉の溶銑温度')], [utf16('２頁目')]] }),
    'a.csv.gz': gzipSync(csv),
    'a.zip': makeZip([
      { name: 'b/c.csv', data: csv },
      { name: cp932('93FA 95F1 2E 747874'), data: text, method: 0 },
      { name: 'd.docx', data: docx },
      { name: 'e.txt.gz', data: gzipSync(text) },
    ]),
  };
}
