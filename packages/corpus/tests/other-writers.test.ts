// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FileOutcome, readFolder } from '../src/index.ts';
import { missingPython, runPython } from './python.ts';

/** What is read from the files that a Python script writes. */
async function readWritten(script: string): Promise<{ texts: string[]; outcomes: FileOutcome[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-writers-'));
  try {
    runPython(script, folder);
    const texts: string[] = [];
    const outcomes: FileOutcome[] = [];
    for await (const item of readFolder(folder, { source: 'writers' })) {
      if (item.kind === 'file') outcomes.push(item.outcome);
      else if (item.kind === 'record') {
        const content = item.record.content.open();
        if (content.kind === 'text') texts.push(`${item.record.path}|${content.text}`);
      }
    }
    return { texts, outcomes };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("archives and mails of Python's own library are read", { skip: missingPython() }, async () => {
  const { texts, outcomes } = await readWritten(`
import gzip, io, zipfile
from email.message import EmailMessage

class Unseekable(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)

with open('a.zip', 'wb') as file:
    # Sizes come after the data then.
    with zipfile.ZipFile(Unseekable(file), 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('日報/一.txt', '一行目\\n')
        archive.writestr('z.csv', 'a,b\\n1,2\\n')
with zipfile.ZipFile('b.zip', 'w') as archive:
    with archive.open('big.txt', 'w', force_zip64=True) as entry: entry.write('六十四\\n'.encode())
with gzip.open('c.txt.gz', 'wb') as file: file.write('鋼板\\n'.encode('cp932'))
mail = EmailMessage()
mail['Subject'] = '設備停止の件'
mail['From'] = '山田 <yamada@example.com>'
mail['Date'] = 'Tue, 24 Nov 2026 09:00:00 +0900'
mail.set_content('羽口を点検しました。\\n以上', charset='iso-2022-jp')
mail.add_alternative('<p>HTML</p>', subtype='html')
mail.add_attachment('値,1\\n'.encode('cp932'), maintype='text', subtype='plain', filename='添付 実績.txt')
open('d.eml', 'wb').write(bytes(mail))
`);
  assert.deepEqual(texts, [
    'a.zip!日報/一.txt|一行目',
    'a.zip!z.csv|a: 1\nb: 2',
    'b.zip!big.txt|六十四',
    'c.txt.gz|鋼板',
    'd.eml|Subject: 設備停止の件\nDate: Tue, 24 Nov 2026 09:00:00 +0900\n\n羽口を点検しました。\n以上',
    'd.eml!添付 実績.txt|値,1',
  ]);
  assert.ok(outcomes.every(({ status }) => status === 'kept'));
});

const writers = { openpyxl: 'openpyxl', docx: 'python-docx', pptx: 'python-pptx', reportlab: 'reportlab' };

test('Office files and PDF of other programs are read', { skip: missingPython(writers) }, async () => {
  const { texts, outcomes } = await readWritten(`
import datetime
from openpyxl import Workbook
from docx import Document
from pptx import Presentation
from reportlab.pdfgen import canvas
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.lib.pdfencrypt import StandardEncryption

workbook = Workbook()
sheet = workbook.active
sheet.title = '日報'
sheet.append(['操業実績'])
sheet.merge_cells('A1:D1')
sheet.append(['日時', '設備', '溶銑温度', '備考'])
sheet.append([datetime.datetime(2026, 11, 24, 6, 30), 'BF3', 1480.5, None])
sheet.append([datetime.date(2026, 11, 25), 'BF2', 0.1 + 0.2, True])
workbook.save('a.xlsx')

document = Document()
document.add_heading('作業標準書', 0)
document.add_paragraph('羽口を点検する。', style='List Number')
table = document.add_table(1, 2)
table.cell(0, 0).text = '温度'
table.cell(0, 1).text = '1,480℃'
document.sections[0].header.paragraphs[0].text = '社外秘'
document.save('b.docx')

presentation = Presentation()
slide = presentation.slides.add_slide(presentation.slide_layouts[1])
slide.shapes.title.text = '品質会議'
slide.placeholders[1].text = '課題\\n対策'
slide.notes_slide.notes_text_frame.text = 'ここで説明'
presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = '二枚目'
presentation.save('c.pptx')

pdfmetrics.registerFont(UnicodeCIDFont('HeiseiKakuGo-W5'))
page = canvas.Canvas('d.pdf')
page.setFont('HeiseiKakuGo-W5', 12)
page.drawString(50, 700, '溶銑温度が1,480℃まで低下した。')
page.save()
locked = canvas.Canvas('e.pdf', encrypt=StandardEncryption('secret'))
locked.drawString(50, 700, 'secret')
locked.save()
`);
  assert.deepEqual(texts, [
    'a.xlsx|日報\n操業実績',
    'a.xlsx|日時: 2026-11-24 06:30\n設備: BF3\n溶銑温度: 1480.5',
    'a.xlsx|日時: 2026-11-25\n設備: BF2\n溶銑温度: 0.3\n備考: TRUE',
    'b.docx|作業標準書\n羽口を点検する。\n温度\t1,480℃',
    'c.pptx|品質会議\n課題\n対策\nここで説明\n\n二枚目',
    'd.pdf|溶銑温度が1,480℃まで低下した。',
  ]);
  assert.deepEqual(
    outcomes.map(({ reason }) => reason),
    [null, null, null, null, 'encrypted'],
  );
});
