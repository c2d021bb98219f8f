// SPDX-License-Identifier: Apache-2.0
import { makeZip, type ZipMember } from './make-zip.ts';

const namespaces =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"';
const relationType = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** What to do to a part before it is packed: for damage that the checksums of the archive do not show. */
export type PartChange = (data: Buffer, name: string) => Buffer;

function packed(members: readonly ZipMember[], change: PartChange = (data) => data): Buffer {
  return makeZip(members.map(({ name, data }) => ({ name, data: change(Buffer.from(data), String(name)) })));
}

function xml(text: string): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${text}`;
}

function relations(of: Readonly<Record<string, readonly [type: string, target: string]>>): string {
  const list = Object.entries(of).map(
    ([id, [type, target]]) => `<Relationship Id="${id}" Type="${relationType}/${type}" Target="${target}"/>`,
  );
  return xml(
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list.join('')}</Relationships>`,
  );
}

/** A .docx with this content of `w:body`. */
export function makeDocx(body: string, footnotes?: string, change?: PartChange): Buffer {
  const members: ZipMember[] = [
    { name: '[Content_Types].xml', data: xml('<Types/>') },
    { name: '_rels/.rels', data: relations({ rId1: ['officeDocument', 'word/document.xml'] }) },
    { name: 'word/document.xml', data: xml(`<w:document ${namespaces}><w:body>${body}</w:body></w:document>`) },
  ];
  if (footnotes !== undefined) {
    members.push(
      { name: 'word/_rels/document.xml.rels', data: relations({ rId9: ['footnotes', 'footnotes.xml'] }) },
      { name: 'word/footnotes.xml', data: xml(`<w:footnotes ${namespaces}>${footnotes}</w:footnotes>`) },
    );
  }
  return packed(members, change);
}

export function paragraph(text: string): string {
  return `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

export interface SheetSample {
  readonly name: string;
  /** Content of `sheetData`. */
  readonly rows: string;
  readonly merges?: readonly string[];
}

/** A .xlsx. Cell styles: 0 general, 1 `yyyy/m/d`, 2 `h:mm`, 3 `yyyy"年"m"月"d"日" h:mm`. `strings` are contents of `si`. */
export function makeXlsx(sheets: readonly SheetSample[], strings: readonly string[] = [], change?: PartChange): Buffer {
  const list = sheets.map(({ name }, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`);
  const parts: Record<string, readonly [string, string]> = {
    s: ['sharedStrings', 'sharedStrings.xml'],
    t: ['styles', 'styles.xml'],
  };
  for (const index of sheets.keys()) parts[`rId${index + 1}`] = ['worksheet', `worksheets/sheet${index + 1}.xml`];
  const members: ZipMember[] = [
    { name: '_rels/.rels', data: relations({ rId1: ['officeDocument', '/xl/workbook.xml'] }) },
    {
      name: 'xl/workbook.xml',
      data: xml(`<workbook ${namespaces}><workbookPr/><sheets>${list.join('')}</sheets></workbook>`),
    },
    { name: 'xl/_rels/workbook.xml.rels', data: relations(parts) },
    { name: 'xl/sharedStrings.xml', data: xml(`<sst>${strings.map((string) => `<si>${string}</si>`).join('')}</sst>`) },
    {
      name: 'xl/styles.xml',
      data: xml(
        '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\\ h:mm"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="170"/></cellXfs></styleSheet>',
      ),
    },
    ...sheets.map(({ rows, merges = [] }, index) => ({
      name: `xl/worksheets/sheet${index + 1}.xml`,
      data: xml(
        `<worksheet ${namespaces}><sheetData>${rows}</sheetData>${merges.length > 0 ? `<mergeCells>${merges.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>` : ''}</worksheet>`,
      ),
    })),
  ];
  return packed(members, change);
}

/** A row of inline strings and numbers; `[number, style]` is a number with a style, null an empty cell. */
export function sheetRow(row: number, cells: readonly (string | number | readonly [number, number] | null)[]): string {
  const written = cells.map((cell, index) => {
    const at = `r="${String.fromCharCode(65 + index)}${row}"`;
    if (cell === null) return '';
    if (typeof cell === 'string') return `<c ${at} t="inlineStr"><is><t>${cell}</t></is></c>`;
    const [value, style] = typeof cell === 'number' ? [cell, 0] : cell;
    return `<c ${at} s="${style}"><v>${value}</v></c>`;
  });
  return `<row r="${row}">${written.join('')}</row>`;
}

/** A .pptx; the slides stand in the archive in reverse. */
export function makePptx(
  slides: readonly { readonly body: string; readonly notes?: string }[],
  change?: PartChange,
): Buffer {
  const ids = slides.map((_, index) => `<p:sldId id="${256 + index}" r:id="rId${index + 1}"/>`);
  const parts: Record<string, readonly [string, string]> = {};
  for (const index of slides.keys()) parts[`rId${index + 1}`] = ['slide', `slides/slide${slides.length - index}.xml`];
  const members: ZipMember[] = [
    { name: '_rels/.rels', data: relations({ rId1: ['officeDocument', 'ppt/presentation.xml'] }) },
    {
      name: 'ppt/presentation.xml',
      data: xml(`<p:presentation ${namespaces}><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`),
    },
    { name: 'ppt/_rels/presentation.xml.rels', data: relations(parts) },
  ];
  for (const [index, { body, notes }] of slides.entries()) {
    const number = slides.length - index;
    members.push({ name: `ppt/slides/slide${number}.xml`, data: xml(`<p:sld ${namespaces}>${body}</p:sld>`) });
    if (notes === undefined) continue;
    members.push(
      {
        name: `ppt/slides/_rels/slide${number}.xml.rels`,
        data: relations({ n: ['notesSlide', `../notesSlides/notes${number}.xml`] }),
      },
      { name: `ppt/notesSlides/notes${number}.xml`, data: xml(`<p:notes ${namespaces}>${notes}</p:notes>`) },
    );
  }
  return packed(members, change);
}

export function slideText(text: string): string {
  return `<p:sp><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
}
