// SPDX-License-Identifier: Apache-2.0
// The thread that reads PDFs with pdf.js: a damaged or hostile file can only hang or fill this thread, which is then ended.
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { getDocument, type PDFDocumentProxy, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PdfAnswer, PdfRequest } from './pdf-messages.ts';

const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
let document: PDFDocumentProxy | undefined;

async function open(bytes: Uint8Array): Promise<PdfAnswer> {
  try {
    document = await getDocument({
      data: bytes,
      // Tables of Japanese encodings and the fonts that need not be embedded: from the package, never from a network.
      cMapUrl: join(folder, 'cmaps') + sep,
      cMapPacked: true,
      standardFontDataUrl: join(folder, 'standard_fonts') + sep,
      useWorkerFetch: false,
      useSystemFonts: false,
      disableFontFace: true,
      useWasm: false,
      isOffscreenCanvasSupported: false,
      enableXfa: false,
      verbosity: VerbosityLevel.ERRORS,
    }).promise;
    return { kind: 'opened', pages: document.numPages };
  } catch (error) {
    const needsPassword = (error as Error).name === 'PasswordException';
    return { kind: 'refused', reason: needsPassword ? 'encrypted' : 'document-malformed' };
  }
}

async function pageText(number: number): Promise<PdfAnswer> {
  try {
    const page = await document!.getPage(number);
    const { items } = await page.getTextContent({ disableNormalization: true });
    let text = '';
    for (const item of items) if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
    page.cleanup();
    return { kind: 'page', text };
  } catch {
    return { kind: 'page', text: null };
  }
}

async function close(): Promise<PdfAnswer> {
  await document?.loadingTask.destroy().catch(() => {});
  document = undefined;
  return { kind: 'closed' };
}

parentPort!.on('message', async (request: PdfRequest) => {
  const answer =
    request.kind === 'open'
      ? await open(request.bytes)
      : request.kind === 'page'
        ? await pageText(request.page)
        : await close();
  parentPort!.postMessage(answer);
});
