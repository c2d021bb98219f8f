// SPDX-License-Identifier: Apache-2.0
import { preSplit } from './pre-split.ts';

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });
const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

/** Longer ones are keys and encoded data, not language. UTF-16 code units. */
export const longestWord = 64;

/** Distinct pieces that wait to be cut at words: bounds memory; cutting is slow, so equal pieces are cut once. */
const waitingLimit = 400_000;

/** Breaks words at both its sides, so pieces with it between them are cut as they are cut alone. */
const separator = '\u2028';
/** Pieces cut at once: one call for each costs more than the cutting. */
const batchSize = 1_000;

/**
 * For training only: Japanese cut again at the words of ICU's dictionary, since it has no spaces, ー and 々 are letters, and nothing else would keep
 * BPE from learning clauses, or 、 with the word after it. Encoding goes by {@link preSplit} alone.
 * @param found called with each word and the number of its piece, in order
 */
function cutPieces(pieces: readonly string[], found: (word: string, piece: number) => void): void {
  for (let first = 0; first < pieces.length; first += batchSize) {
    const batch = pieces.slice(first, first + batchSize);
    let piece = 0;
    let end = batch[0]!.length;
    for (const { segment, index } of segmenter.segment(batch.join(separator))) {
      if (index < end) found(segment, first + piece);
      else {
        piece += 1;
        end += separator.length + (batch[piece]?.length ?? 0);
      }
    }
  }
}

function isCut(piece: string): boolean {
  return piece.length > 1 && japanese.test(piece);
}

/** The words of a text as training sees them, in order; together they are the text. */
export function cutForTraining(text: string): string[] {
  return preSplit(text).flatMap((piece) => {
    if (!isCut(piece)) return [piece];
    const words: string[] = [];
    cutPieces([piece], (word) => words.push(word));
    return words;
  });
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
    const pieces: string[] = [];
    const times: number[] = [];
    for (const [piece, count] of this.#waiting) {
      if (isCut(piece)) {
        pieces.push(piece);
        times.push(count);
      } else this.#count(piece, count);
    }
    this.#waiting.clear();
    cutPieces(pieces, (word, piece) => this.#count(word, times[piece]!));
  }

  #count(word: string, count: number): void {
    if (word.length <= longestWord) this.#counts.set(word, (this.#counts.get(word) ?? 0) + count);
  }
}

/** Adds one table to another. */
export function addCounts(counts: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [word, count] of more) counts.set(word, (counts.get(word) ?? 0) + count);
}
