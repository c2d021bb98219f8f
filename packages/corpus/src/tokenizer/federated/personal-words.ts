// SPDX-License-Identifier: Apache-2.0
import { detect } from '@kiban/pii';
import type { TokenReview } from './token-review.ts';

/** Objects to tokens that are personal data by themselves, or a family name once somebody is addressed by it. Reasons: the class of the finding. */
export const reviewByDetector: TokenReview = {
  objection(token) {
    const text = token.trim();
    // One character is part of too many words to say anything.
    if ([...text].length < 2) return undefined;
    return (detect(text)[0] ?? detect(`${text}様`)[0])?.class;
  },
};

/** So many names hold a token before it counts as one: a single one may be an error of the detector. */
const fewestNames = 3;
/** Documents that hold it outside of names, for each name: detectors miss many, and an objection costs only a token. */
const documentsForEachName = 10;

/**
 * Takes personal data out of documents before their words are counted, and remembers the names that it took: a token that stands in many of them is
 * part of a name also where the detector missed it.
 */
export class PersonalWords {
  readonly #names = new Map<string, number>();

  /** The text with a line end in place of each finding, suspected ones too. */
  cut(text: string): string {
    const kept: string[] = [];
    let from = 0;
    for (const { class: found, start, end } of detect(text)) {
      kept.push(text.slice(from, start));
      from = end;
      if (found !== 'person-name') continue;
      const name = text.slice(start, end);
      this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
    }
    kept.push(text.slice(from));
    return kept.join('\n');
  }

  /** @param documents that hold the token outside of names */
  isPartOfNames(token: string, documents: number): boolean {
    const text = token.trim();
    if ([...text].length < 2) return false;
    let inside = 0;
    for (const [name, times] of this.#names) if (name.includes(text)) inside += times;
    return inside >= fewestNames && documentsForEachName * inside >= documents;
  }
}
