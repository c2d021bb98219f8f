// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import { dedupShadow } from '@kiban/japanese';
import { minHashSignature } from './min-hash-kernel.ts';

/** A line that is long enough to be looked for elsewhere; UTF-16 units `[start, end)` of the text, without its line feed. */
export interface Paragraph {
  /** First 8 bytes of SHA-256 of the line without spaces around it, 16 hexadecimal characters. */
  readonly digest: string;
  readonly start: number;
  readonly end: number;
}

export interface DocumentFingerprint {
  /** First 16 bytes of SHA-256 of the text, 32 hexadecimal characters. */
  readonly digest: string;
  /** UTF-16 units. */
  readonly length: number;
  readonly paragraphs: readonly Paragraph[];
  /** 112 words, see `min-hash.ts`; missing when the dedup shadow has under five code points. */
  readonly signature?: Uint32Array;
}

/** Lines with fewer characters are no paragraphs for the purpose of finding them again. */
const leastParagraphUnits = 30;

/** What deduplication knows of a document after its profile. About 2 kB for 10 paragraphs; the text itself is not kept. */
export function documentFingerprint(text: string): DocumentFingerprint {
  const signature = minHashSignature(dedupShadow(text).text);
  return {
    digest: hash('sha256', text, 'hex').slice(0, 32),
    length: text.length,
    paragraphs: paragraphsOf(text),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Lines of the text that are paragraphs, in order. */
export function paragraphsOf(text: string): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    if (end - start >= leastParagraphUnits) {
      const line = text.slice(start, end).trim();
      if (line.length >= leastParagraphUnits)
        paragraphs.push({ digest: hash('sha256', line, 'hex').slice(0, 16), start, end });
    }
    start = end + 1;
  }
  return paragraphs;
}

/** The text without the paragraphs whose digest is in the set; their line feeds go too. */
export function cutParagraphs(
  text: string,
  paragraphs: readonly Paragraph[],
  boilerplate: { has(digest: string): boolean },
): string {
  const kept: string[] = [];
  let from = 0;
  for (const { digest, start, end } of paragraphs) {
    if (!boilerplate.has(digest)) continue;
    kept.push(text.slice(from, start));
    from = Math.min(text.length, end + 1);
  }
  return from === 0 ? text : kept.join('') + text.slice(from);
}
