// SPDX-License-Identifier: Apache-2.0
import { extname } from 'node:path';

/** For attachments whose name has no extension. */
const extensions: Readonly<Record<string, string>> = {
  'text/plain': '.txt',
  'text/markdown': '.md',
  'text/html': '.html',
  'text/csv': '.csv',
  'text/tab-separated-values': '.tsv',
  'text/xml': '.xml',
  'application/xml': '.xml',
  'message/rfc822': '.eml',
  'application/pdf': '.pdf',
  'application/zip': '.zip',
  'application/x-zip-compressed': '.zip',
  'application/gzip': '.gz',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': '.docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': '.xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': '.pptx',
};

/** The last part of the name an attachment was given, with an extension, and other than those before it in the same mail. */
export function attachmentName(given: string | null, mediaType: string, taken: Set<string>): string {
  const last = (given ?? '').split(/[/\\]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = last.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '').trim();
  const stem = clean === '' ? 'attachment' : clean;
  const extension = extname(stem) === '' ? (extensions[mediaType] ?? '') : '';
  let name = `${stem}${extension}`;
  for (let count = 2; taken.has(name); count += 1) {
    name = `${stem.slice(0, stem.length - extname(stem).length)} (${count})${extname(stem)}${extension}`;
  }
  taken.add(name);
  return name;
}
