// SPDX-License-Identifier: Apache-2.0
import { Heap } from './heap.ts';

export interface BpeTrainingOptions {
  /** Merges wanted; fewer come back when no pair is left that occurs often enough. */
  readonly mergeCount: number;
  /** Pairs that occur less often are never merged. Default 2. */
  readonly minimumCount?: number;
}

/** Left and right part as symbol numbers: 0-255 are bytes, 256 + n is the n-th merge. */
export type Merge = readonly [left: number, right: number];

/** Pairs of symbols as one number; symbols stay far below 2^20. */
export const pairBase = 0x100000;

const longestTokenCharacters = 8;

/**
 * Byte-pair encoding (Sennrich et al. 2016) over word counts: each merge updates the pair counts of the words it touches, a lazy heap gives the
 * most frequent pair. Ties go to the smaller left, then the smaller right symbol, so that equal counts give equal merges everywhere, whatever
 * their order. Not merged: pairs that make half characters beside others, more than 8 characters, or bytes that already are a token.
 */
export function trainMerges(wordCounts: ReadonlyMap<string, number>, options: BpeTrainingOptions): Merge[] {
  const minimumCount = options.minimumCount ?? 2;
  const table = new PairTable(wordCounts);
  const tokens: Buffer[] = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
  const known = new Set(tokens.map((token) => token.toString('latin1')));
  const merges: Merge[] = [];
  while (merges.length < options.mergeCount) {
    const best = table.takeBest();
    if (best === undefined || best.count < minimumCount) break;
    const token = Buffer.concat([tokens[best.left]!, tokens[best.right]!]);
    const spelling = token.toString('latin1');
    if (known.has(spelling) || !isAllowed(token)) continue;
    known.add(spelling);
    table.merge(best.left, best.right, tokens.length);
    tokens.push(token);
    merges.push([best.left, best.right]);
  }
  return merges;
}

/** Whole characters, at most 8, or a part of one: "half a character and then another" wastes an id. */
function isAllowed(token: Buffer): boolean {
  const starts = token.reduce((sum, byte) => sum + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
  const startsInside = (token[0]! & 0xc0) === 0x80;
  if (startsInside) return starts === 0;
  if (starts === 1) return true;
  const isWhole = Buffer.from(token.toString('utf8'), 'utf8').equals(token);
  return isWhole && starts <= longestTokenCharacters;
}

interface Candidate {
  readonly count: number;
  readonly left: number;
  readonly right: number;
}

class PairTable {
  readonly #words: number[][] = [];
  readonly #weights: number[] = [];
  readonly #counts = new Map<number, number>();
  /** Words that hold, or once held, a pair. */
  readonly #wordsOfPair = new Map<number, number[]>();
  readonly #heap = new Heap<Candidate>(
    (a, b) =>
      a.count > b.count || (a.count === b.count && (a.left < b.left || (a.left === b.left && a.right < b.right))),
  );

  constructor(wordCounts: ReadonlyMap<string, number>) {
    const changes = new Map<number, number>();
    for (const [word, count] of wordCounts) {
      this.#words.push([...Buffer.from(word, 'utf8')]);
      this.#weights.push(count);
      this.#note(this.#words.length - 1, 1, changes);
    }
    this.#apply(changes);
  }

  /** The most frequent pair; it is not offered again unless its count changes. */
  takeBest(): Candidate | undefined {
    for (;;) {
      const top = this.#heap.pop();
      if (top === undefined || this.#counts.get(top.left * pairBase + top.right) === top.count) return top;
    }
  }

  merge(left: number, right: number, merged: number): void {
    const key = left * pairBase + right;
    const changes = new Map<number, number>();
    for (const index of new Set(this.#wordsOfPair.get(key))) {
      const symbols = this.#words[index]!;
      this.#note(index, -1, changes);
      replacePair(symbols, left, right, merged);
      this.#note(index, 1, changes);
    }
    this.#wordsOfPair.delete(key);
    this.#apply(changes);
  }

  /** Adds a word's pairs, or takes them away. */
  #note(index: number, sign: 1 | -1, changes: Map<number, number>): void {
    const symbols = this.#words[index]!;
    const weight = this.#weights[index]! * sign;
    for (let at = 0; at + 1 < symbols.length; at += 1) {
      const key = symbols[at]! * pairBase + symbols[at + 1]!;
      changes.set(key, (changes.get(key) ?? 0) + weight);
      if (sign < 0) continue;
      const places = this.#wordsOfPair.get(key);
      if (places === undefined) this.#wordsOfPair.set(key, [index]);
      else if (places.at(-1) !== index) places.push(index);
    }
  }

  #apply(changes: ReadonlyMap<number, number>): void {
    for (const [key, change] of changes) {
      if (change === 0) continue;
      const count = (this.#counts.get(key) ?? 0) + change;
      if (count > 0) {
        this.#counts.set(key, count);
        this.#heap.push({ count, left: Math.floor(key / pairBase), right: key % pairBase });
      } else this.#counts.delete(key);
    }
  }
}

function replacePair(symbols: number[], left: number, right: number, merged: number): void {
  let length = 0;
  for (let at = 0; at < symbols.length; at += 1) {
    const isPair = symbols[at] === left && symbols[at + 1] === right;
    symbols[length] = isPair ? merged : symbols[at]!;
    length += 1;
    if (isPair) at += 1;
  }
  symbols.length = length;
}
