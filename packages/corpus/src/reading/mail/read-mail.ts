// SPDX-License-Identifier: Apache-2.0
import PostalMime, { type Email } from 'postal-mime';
import { type Content, heldContent, hold } from '../content.ts';
import { ExtractedText } from '../extracted-text.ts';
import { htmlText } from '../parse-html.ts';
import type { NestedFile, ParsedRecord, ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';
import { attachmentName } from './attachment-name.ts';
import { unlabelledText } from './unlabelled-text.ts';

const maxMimeDepth = 50;
const maxHeadersBytes = 1 << 20;

/**
 * A mail (RFC 5322, MIME): subject, date and text as one document, then its attachments and forwarded mails as files of their own. Plain text goes before
 * HTML. The other headers, which name persons, are left out. Lines with characters that do not decode are left out and named.
 */
export async function* readMail(content: Content, options: ReaderOptions): AsyncGenerator<ParsedRecord | NestedFile> {
  const bytes = await hold(content, options.limits);
  const mail = await parse(bytes);
  if (mail.headers.length === 0) throw new Refusal('document-malformed');
  const text = new ExtractedText(options.maxDocumentCharacters);
  // As it was written: its time of day is the sender's.
  const date = mail.headers.find(({ key }) => key === 'date')?.value.trim();
  const head: string[] = [];
  if (mail.subject) head.push(`Subject: ${mail.subject}`);
  if (date) head.push(`Date: ${date}`);
  const whole = [...head, ...(head.length > 0 ? [''] : []), ...bodyOf(mail, bytes, options).split(/\r?\n/)];
  for (const [index, line] of whole.entries()) {
    if (line.includes('\ufffd')) options.onFault('undecodable-bytes', text.offset, index + 1);
    else yield* text.add(`${line}\n`);
  }
  yield* text.end();
  const names = new Set<string>();
  for (const attachment of mail.attachments) {
    options.budget.takeEntry();
    const held = Buffer.from(attachment.content as ArrayBuffer);
    const name = attachmentName(attachment.filename, attachment.mimeType, names);
    yield { name, offset: 0, bytes: held.length, content: heldContent(held) };
  }
}

async function parse(bytes: Buffer): Promise<Email> {
  try {
    return await new PostalMime({
      forceRfc822Attachments: true,
      maxNestingDepth: maxMimeDepth,
      maxHeadersSize: maxHeadersBytes,
    }).parse(bytes);
  } catch (error) {
    const isBound = error instanceof Error && /^Maximum /.test(error.message);
    throw new Refusal(isBound ? 'nested-too-deep' : 'document-malformed');
  }
}

function bodyOf(mail: Email, bytes: Buffer, options: ReaderOptions): string {
  const body = unlabelledText(mail, bytes) ?? mail.text ?? '';
  if (body.trim() !== '' || mail.html === undefined) return body;
  const { text, failure } = htmlText(mail.html, options.limits.maxMarkupDepth);
  if (failure !== undefined) options.onFault(failure, 0, 0);
  return text;
}
