// SPDX-License-Identifier: Apache-2.0
import type { Merge } from '../bpe-trainer.ts';
import { PieceMerger } from '../merge-piece.ts';
import { MergeTable } from '../merge-table.ts';
import { hashPair, PairCounts } from '../pair-counts.ts';
import { longestWord, WordCounter } from '../word-counts.ts';
import { SketchHashes } from './count-sketch.ts';
import { clipCount, type FederatedRules } from './federated-rules.ts';
import { TokenTable, textOfToken } from './token-table.ts';

/** Words of the sum that decides over candidates, for each of them: occurrences, documents, members that hold it, members that object. */
export const candidateColumns = 4;

const longestWordBytes = 3 * longestWord;

/** What a document adds to the counts, and whether this member has enough of them. */
interface PairTally {
  readonly pairs: PairCounts;
  readonly occurrences: Float64Array;
  readonly documents: Float64Array;
}

interface WordUse {
  readonly word: number;
  readonly times: number;
}

/**
 * A member's own documents as words, cut into symbols by the merges agreed so far. What comes out of it are vectors of whole numbers of fixed length,
 * to be masked; text and words stay here.
 */
export class MemberDocuments {
  readonly #rules: FederatedRules;
  readonly #wordNumbers = new Map<string, number>();
  readonly #symbols: number[][] = [];
  readonly #documents: (readonly WordUse[])[] = [];
  readonly #merges: Merge[] = [];
  readonly #tokens = new TokenTable();

  constructor(rules: FederatedRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#documents.length;
  }

  /** Before any merge is applied. */
  add(text: string): void {
    if (this.#merges.length > 0) throw new RangeError('documents come before merges');
    const counter = new WordCounter();
    counter.add(text);
    const uses: WordUse[] = [];
    for (const [word, times] of counter.counts()) {
      let number = this.#wordNumbers.get(word);
      if (number === undefined) {
        number = this.#symbols.length;
        this.#wordNumbers.set(word, number);
        this.#symbols.push([...Buffer.from(word, 'utf8')]);
      }
      uses.push({ word: number, times });
    }
    this.#documents.push(uses);
  }

  /** Whether a list of merges begins with those that were applied. */
  goesOn(merges: readonly Merge[]): boolean {
    return this.#merges.every(([left, right], rank) => merges[rank]?.[0] === left && merges[rank]?.[1] === right);
  }

  /** Applies what was agreed since the last call. @param merges all of them, from the first */
  apply(merges: readonly Merge[]): void {
    if (!this.goesOn(merges)) throw new RangeError('the merges do not go on from those before');
    for (const merge of merges.slice(this.#merges.length)) {
      this.#tokens.add(merge);
      this.#merges.push(merge);
    }
    const merger = new PieceMerger(new MergeTable(this.#merges));
    const work = new Int32Array(longestWordBytes);
    this.#symbols.forEach((symbols, word) => {
      work.set(symbols);
      const count = merger.merge(work, symbols.length);
      if (count < symbols.length) this.#symbols[word] = [...work.subarray(0, count)];
    });
  }

  /** Two sketches, one after the other: occurrences of each pair, clipped by document, and one for each pair that this member holds. */
  sketch(seed: string): Int32Array {
    const { sketchWidth, minimumOwnDocuments } = this.#rules;
    const hashes = new SketchHashes(sketchWidth, seed);
    const words = new Int32Array(2 * hashes.length);
    const { pairs, occurrences, documents } = this.#tally(seed);
    for (let pair = 0; pair < pairs.size; pair += 1) {
      if (documents[pair]! < minimumOwnDocuments) continue;
      hashes.add(words, 0, pairs.left(pair), pairs.right(pair), clipCount(occurrences[pair]!));
      hashes.add(words, hashes.length, pairs.left(pair), pairs.right(pair), 1);
    }
    return words.map(clipCount);
  }

  /**
   * {@link candidateColumns} words for each candidate.
   * @param objects this member's own rule: true for a token that must not be in the vocabulary; gets the number of documents that hold it
   */
  countCandidates(
    candidates: readonly Merge[],
    seed: string,
    objects: (token: string, documents: number) => boolean,
  ): Int32Array {
    const words = new Int32Array(candidateColumns * candidates.length);
    const { pairs, occurrences, documents } = this.#tally(seed);
    candidates.forEach(([left, right], index) => {
      const pair = pairs.number(left, right);
      const held = documents[pair] ?? 0;
      if (held >= this.#rules.minimumOwnDocuments)
        words.set([clipCount(occurrences[pair]!), clipCount(held), 1], candidateColumns * index);
      const text = textOfToken(this.#tokens.bytesOf(left, right));
      if (text !== undefined && objects(text, held)) words[candidateColumns * index + 3] = 1;
    });
    return words;
  }

  /** Pairs that may be merged, over all documents; each document speaks for a limited number of them, and counts each a limited number of times. */
  #tally(seed: string): PairTally {
    const { pairsPerDocument, repeatsPerDocument } = this.#rules;
    const pairs = new PairCounts();
    const salt = [...seed].reduce((hash, character) => hashPair(hash, character.codePointAt(0)!), 1);
    const wordPairs = this.#symbols.map((symbols) => this.#pairsOf(symbols, pairs));
    const occurrences = new Float64Array(pairs.size);
    const documents = new Float64Array(pairs.size);
    const times = new Int32Array(pairs.size);
    const order = Uint32Array.from({ length: pairs.size }, (_, pair) =>
      hashPair(hashPair(pairs.left(pair), pairs.right(pair)), salt),
    );
    for (const uses of this.#documents) {
      const found: number[] = [];
      for (const use of uses) {
        for (const pair of wordPairs[use.word]!) {
          if (times[pair] === 0) found.push(pair);
          times[pair] = times[pair]! + use.times;
        }
      }
      for (const pair of mostFrequent(found, times, order, pairsPerDocument)) {
        occurrences[pair] = occurrences[pair]! + Math.min(times[pair]!, repeatsPerDocument);
        documents[pair] = documents[pair]! + 1;
      }
      for (const pair of found) times[pair] = 0;
    }
    return { pairs, occurrences, documents };
  }

  #pairsOf(symbols: readonly number[], pairs: PairCounts): number[] {
    const found: number[] = [];
    for (let at = 0; at + 1 < symbols.length; at += 1) {
      const [left, right] = [symbols[at]!, symbols[at + 1]!];
      const known = pairs.size;
      const pair = pairs.number(left, right);
      // `counts` says here whether the pair may be merged at all.
      if (pair === known) pairs.counts[pair] = this.#tokens.mayMerge(left, right) ? 1 : 0;
      if (pairs.counts[pair] === 1) found.push(pair);
    }
    return found;
  }
}

/** The pairs that occur most often; equal ones by an order that changes with the round, so that none is left out for ever. */
function mostFrequent(
  found: readonly number[],
  times: Int32Array,
  order: Uint32Array,
  count: number,
): readonly number[] {
  if (found.length <= count) return found;
  const keys = Float64Array.from(found, (pair) => times[pair]! * 2 ** 32 + order[pair]!);
  const least = keys.toSorted()[found.length - count]!;
  return found.filter((_, index) => keys[index]! >= least).slice(0, count);
}
