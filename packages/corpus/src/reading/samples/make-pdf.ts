// SPDX-License-Identifier: Apache-2.0

/** The codes of CID fonts by encoding: `UniJIS-UTF16-H` takes UTF-16, `90ms-RKSJ-H` CP932. */
export type PdfEncoding = 'UniJIS-UTF16-H' | '90ms-RKSJ-H';

export interface PdfSample {
  readonly encoding?: PdfEncoding;
  /** Lines of each page, in the bytes of the encoding; none for a page without text. */
  readonly pages: readonly (readonly Buffer[])[];
  /** Objects to add, and what the trailer says of them. */
  readonly extraObjects?: readonly string[];
  readonly trailer?: string;
}

/** A PDF (ISO 32000-1) whose Japanese font is not embedded and has no table to Unicode: a reader needs the tables of its encoding. */
export function makePdf({ encoding = 'UniJIS-UTF16-H', pages, extraObjects = [], trailer = '' }: PdfSample): Buffer {
  const font = 4;
  const firstPage = 5 + extraObjects.length;
  const kids = pages.map((_, index) => `${firstPage + 2 * index} 0 R`);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Kiban-Gothic /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /DW 1000 >>',
    `<< /Type /Font /Subtype /Type0 /BaseFont /Kiban-Gothic /Encoding /${encoding} /DescendantFonts [3 0 R] >>`,
    ...extraObjects,
  ];
  for (const lines of pages) {
    const shown = lines.map((line) => `<${line.toString('hex')}> Tj 0 -20 Td`);
    const stream = lines.length === 0 ? '0 0 10 10 re f' : `BT /F1 12 Tf 50 700 Td ${shown.join(' ')} ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 ${font} 0 R >> >> /Contents ${objects.length + 2} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    );
  }
  let text = '%PDF-1.7\n';
  const places = objects.map((object, index) => {
    const place = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  text += places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** A line for `UniJIS-UTF16-H`. */
export function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
