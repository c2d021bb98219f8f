// SPDX-License-Identifier: Apache-2.0
import { type Content, hold } from '../content.ts';
import { ExtractedText } from '../extracted-text.ts';
import type { ParsedRecord, ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';

const signature = Buffer.from('%PDF-');
/** Readers accept what some programs put before the signature. */
const signatureWithin = 1024;

/** The text layer of a PDF, its pages one after the other, as one document. What only a picture shows is not read: such pages are named. */
export async function* readPdf(content: Content, options: ReaderOptions): AsyncGenerator<ParsedRecord> {
  const { pdf, limits, onFault } = options;
  const bytes = await hold(content, limits);
  if (!bytes.subarray(0, signatureWithin).includes(signature)) throw new Refusal('document-malformed');
  const text = new ExtractedText(options.maxDocumentCharacters);
  let withText = 0;
  try {
    const pages = await pdf.open(bytes);
    for (let page = 1; page <= Math.min(pages, limits.maxPdfPages); page += 1) {
      const of = await pdf.page(page);
      const within = `page ${page}`;
      if (of === null) onFault('page-unreadable', text.offset, 0, { within });
      else if (of.trim() === '') onFault('page-without-text', text.offset, 0, { within });
      else {
        withText += 1;
        yield* text.add(`${of.trimEnd()}\n`);
      }
    }
    yield* text.end();
    if (pages > limits.maxPdfPages) throw new Refusal('too-many-pages', String(pages));
    if (withText === 0) throw new Refusal('no-text-layer');
  } catch (error) {
    if (error instanceof Refusal) yield* text.end();
    throw error;
  } finally {
    await pdf.close();
  }
}
