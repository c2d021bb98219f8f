// SPDX-License-Identifier: Apache-2.0
import { extname } from 'node:path';

export type FileFormat =
  | 'text'
  | 'jsonl'
  | 'csv'
  | 'tsv'
  | 'html'
  | 'xml'
  | 'eml'
  | 'docx'
  | 'xlsx'
  | 'pptx'
  | 'pdf'
  | 'gzip'
  | 'zip';

/** Extensions that are read, in lower case. */
const formats: ReadonlyMap<string, FileFormat> = new Map([
  ['.txt', 'text'],
  ['.md', 'text'],
  ['.jsonl', 'jsonl'],
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
  ['.html', 'html'],
  ['.htm', 'html'],
  ['.xml', 'xml'],
  ['.eml', 'eml'],
  ['.docx', 'docx'],
  ['.xlsx', 'xlsx'],
  ['.pptx', 'pptx'],
  ['.pdf', 'pdf'],
  ['.gz', 'gzip'],
  ['.zip', 'zip'],
]);

/** The extensions as a person is told them. */
export const readableExtensions = '.txt .md .csv .tsv .jsonl .html .xml .eml .docx .xlsx .pptx .pdf .gz .zip';

/** Which reader takes a file of this name; undefined when none does. */
export function formatOf(path: string): FileFormat | undefined {
  return formats.get(extname(path).toLowerCase());
}

const clutter = new Set(['thumbs.db', 'desktop.ini', '__macosx']);

/** Whether a name is one that file systems and their tools make for themselves. */
export function isPassedOver(name: string): boolean {
  return name.startsWith('.') || clutter.has(name.toLowerCase());
}
