// SPDX-License-Identifier: Apache-2.0
import { preSplit } from './pre-split.ts';

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });
const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

/** Longer ones are keys and encoded data, not language. UTF-16 code units. */
const longestWord = 64;

/** Distinct pieces that wait to be cut at words: bounds memory; cutting is slow, so equal pieces are cut once. */
const waitingLimit = 400_000;

/**
 * For training only: Japanese cut again at the words of ICU's dictionary, since it has no spaces, ー and 々 are letters, and nothing else would keep
 * BPE from learning clauses, or 、 with the word after it. Encoding uses {@link preSplit} alone.
 */
function preSplitForTraining(piece: string): string[] {
  if (piece.length < 2 || !japanese.test(piece)) return [piece];
  return Array.from(segmenter.segment(piece), ({ segment }) => segment);
}

/** The words of a text as training sees them, in order; together they are the text. */
export function cutForTraining(text: string): string[] {
  return preSplit(text).flatMap(preSplitForTraining);
}

/** Counts of the words of texts, which training looks at alone. The order of the texts does not matter. */
export class WordCounter {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, number>();

  add(text: string): void {
    for (const piece of preSplit(text)) this.#waiting.set(piece, (this.#waiting.get(piece) ?? 0) + 1);
    if (this.#waiting.size > waitingLimit) this.#cut();
  }

  /** The table so far, sorted by nothing in particular. */
  counts(): ReadonlyMap<string, number> {
    this.#cut();
    return this.#counts;
  }

  #cut(): void {
    for (const [piece, count] of this.#waiting)
      for (const word of preSplitForTraining(piece))
        if (word.length <= longestWord) this.#counts.set(word, (this.#counts.get(word) ?? 0) + count);
    this.#waiting.clear();
  }
}

/** Adds one table to another. */
export function addCounts(counts: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [word, count] of more) counts.set(word, (counts.get(word) ?? 0) + count);
}
