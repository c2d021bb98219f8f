// SPDX-License-Identifier: Apache-2.0
import { PairCounts } from './pair-counts.ts';

const none = -1;

/**
 * All words' symbols in one row of typed arrays, and for each pair of neighbours the list of its places. A place stands for the pair that begins
 * there, so it is in one list at a time; moving it costs the same however many places there are. 28 bytes per byte of distinct words.
 */
export class PairPlaces {
  readonly pairs = new PairCounts();
  readonly #symbols: Int32Array;
  /** Neighbours within the word; -1 at its ends. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #weights: Float64Array;
  /** The pair that begins at a place, and its neighbours in that pair's list. */
  readonly #pairAt: Int32Array;
  readonly #listNext: Int32Array;
  readonly #listPrevious: Int32Array;
  #heads = new Int32Array(1 << 16).fill(none);
  /** Pairs that a merge gave rise to, each once. */
  readonly #risen: number[] = [];

  constructor(wordCounts: ReadonlyMap<string, number>) {
    let places = 0;
    for (const word of wordCounts.keys()) places += Buffer.byteLength(word, 'utf8');
    this.#symbols = new Int32Array(places);
    this.#next = new Int32Array(places).fill(none);
    this.#previous = new Int32Array(places).fill(none);
    this.#weights = new Float64Array(places);
    this.#pairAt = new Int32Array(places).fill(none);
    this.#listNext = new Int32Array(places).fill(none);
    this.#listPrevious = new Int32Array(places).fill(none);
    this.#fill(wordCounts);
  }

  #fill(wordCounts: ReadonlyMap<string, number>): void {
    let place = 0;
    let bytes = Buffer.alloc(1 << 10);
    for (const [word, count] of wordCounts) {
      if (3 * word.length > bytes.length) bytes = Buffer.alloc(6 * word.length);
      const length = bytes.write(word, 'utf8');
      for (let at = 0; at < length; at += 1) {
        this.#symbols[place + at] = bytes[at]!;
        this.#weights[place + at] = count;
        if (at > 0) this.#previous[place + at] = place + at - 1;
        if (at + 1 < length) this.#next[place + at] = place + at + 1;
      }
      for (let at = 0; at + 1 < length; at += 1) this.#enter(place + at);
      place += length;
    }
    this.#risen.length = 0;
  }

  /**
   * Replaces every occurrence of a pair by one symbol, in each word from left to right.
   * @returns pairs that hold the new symbol; all other counts only fell
   */
  merge(pair: number, merged: number): readonly number[] {
    const places: number[] = [];
    for (let place = this.#heads[pair] ?? none; place !== none; place = this.#listNext[place]!) places.push(place);
    // Only a pair of equal symbols can overlap itself: then the order within a word matters.
    if (this.pairs.left(pair) === this.pairs.right(pair)) places.sort((a, b) => a - b);
    this.#risen.length = 0;
    for (const place of places) if (this.#pairAt[place] === pair) this.#mergeAt(place, merged);
    return this.#risen;
  }

  #mergeAt(place: number, merged: number): void {
    const gone = this.#next[place]!;
    const before = this.#previous[place]!;
    const after = this.#next[gone]!;
    if (before !== none) this.#leave(before);
    this.#leave(place);
    if (after !== none) this.#leave(gone);
    this.#symbols[place] = merged;
    this.#next[place] = after;
    if (after !== none) {
      this.#previous[after] = place;
      this.#enter(place);
    }
    if (before !== none) this.#enter(before);
  }

  /** Puts a place into the list of the pair that begins there. */
  #enter(place: number): void {
    const { pairs } = this;
    const known = pairs.size;
    const pair = pairs.number(this.#symbols[place]!, this.#symbols[this.#next[place]!]!);
    if (pair === known) this.#risen.push(pair);
    if (pair >= this.#heads.length) this.#growHeads();
    pairs.counts[pair] = pairs.counts[pair]! + this.#weights[place]!;
    const head = this.#heads[pair]!;
    this.#pairAt[place] = pair;
    this.#listNext[place] = head;
    this.#listPrevious[place] = none;
    if (head !== none) this.#listPrevious[head] = place;
    this.#heads[pair] = place;
  }

  #leave(place: number): void {
    const pair = this.#pairAt[place]!;
    const [before, after] = [this.#listPrevious[place]!, this.#listNext[place]!];
    if (before === none) this.#heads[pair] = after;
    else this.#listNext[before] = after;
    if (after !== none) this.#listPrevious[after] = before;
    this.#pairAt[place] = none;
    this.pairs.counts[pair] = this.pairs.counts[pair]! - this.#weights[place]!;
  }

  #growHeads(): void {
    const larger = new Int32Array(2 * this.#heads.length).fill(none);
    larger.set(this.#heads);
    this.#heads = larger;
  }
}
