// SPDX-License-Identifier: Apache-2.0
import type { DecodedLine } from './decode-lines.ts';
import { DocumentPieces } from './document-pieces.ts';
import type { ParsedRecord, ParseOptions } from './parsed-record.ts';

/** Plain text and Markdown: the file is one document. */
export async function* parseText(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  const pieces = new DocumentPieces(options.maxDocumentCharacters);
  for await (const batch of batches) {
    for (const line of batch) {
      if (pieces.isFullFor(line.text.length)) {
        const piece = pieces.take();
        if (piece) yield piece;
      }
      pieces.add(line.continues ? line.text : `${line.text}\n`, line.offset);
    }
  }
  const last = pieces.take();
  if (last) yield last;
}
