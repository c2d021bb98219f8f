// SPDX-License-Identifier: Apache-2.0
import { preSplitForTraining } from './pre-split.ts';

export interface BpeTrainingOptions {
  /** Merges wanted; fewer come back when no pair occurs twice. */
  readonly mergeCount: number;
  /** Pairs that occur less often are never merged. */
  readonly minimumCount?: number;
  /** Longest token, in UTF-8 bytes. */
  readonly maximumTokenBytes?: number;
}

/** Left and right part as symbol numbers: 0-255 are bytes, 256 + n is the n-th merge. */
export type Merge = readonly [left: number, right: number];

interface Word {
  symbols: number[];
  readonly count: number;
}

/**
 * Byte-pair encoding (Sennrich et al. 2016) over word counts: pair counts are kept up to date, a lazy heap gives the best pair. Ties go to the
 * smaller left, then the smaller right symbol, so the same text gives the same merges everywhere.
 */
export function trainMerges(wordCounts: ReadonlyMap<string, number>, options: BpeTrainingOptions): Merge[] {
  const minimumCount = options.minimumCount ?? 2;
  const maximumBytes = options.maximumTokenBytes ?? 24;
  const words: Word[] = Array.from(wordCounts, ([word, count]) => ({ symbols: [...Buffer.from(word, 'utf8')], count }));
  const pairs = new PairTable();
  words.forEach((word, index) => {
    for (let position = 0; position + 1 < word.symbols.length; position += 1)
      pairs.add(word.symbols[position]!, word.symbols[position + 1]!, word.count, index);
  });
  const bytes: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  const merges: Merge[] = [];
  while (merges.length < options.mergeCount) {
    const best = pairs.takeBest(minimumCount);
    if (best === undefined) break;
    const { left, right } = best;
    const joined = Buffer.concat([bytes[left]!, bytes[right]!]);
    if (joined.length > maximumBytes || mixesPartialCharacters(joined)) continue;
    const merged = bytes.length;
    bytes.push(joined);
    merges.push([left, right]);
    for (const index of best.words) {
      const word = words[index]!;
      const next: number[] = [];
      for (let position = 0; position < word.symbols.length; position += 1) {
        if (word.symbols[position] === left && word.symbols[position + 1] === right) {
          next.push(merged);
          position += 1;
        } else next.push(word.symbols[position]!);
      }
      if (next.length === word.symbols.length) continue;
      for (let position = 0; position + 1 < word.symbols.length; position += 1)
        pairs.add(word.symbols[position]!, word.symbols[position + 1]!, -word.count, index);
      for (let position = 0; position + 1 < next.length; position += 1)
        pairs.add(next[position]!, next[position + 1]!, word.count, index);
      word.symbols = next;
    }
  }
  return merges;
}

/** Adds the words of a text to a count table. */
export function countWords(text: string, counts: Map<string, number>): void {
  for (const piece of preSplitForTraining(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
}

/** A token is whole characters, or a part of one character; "half a character and then another" wastes an id. */
function mixesPartialCharacters(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.includes('\uFFFD')) return false;
  const starts = bytes.filter((byte) => (byte & 0xc0) !== 0x80).length;
  return starts > 1 || (starts === 1 && (bytes[0]! & 0xc0) === 0x80);
}

interface PairEntry {
  readonly left: number;
  readonly right: number;
  count: number;
  words: Set<number>;
}

class PairTable {
  readonly #entries = new Map<number, PairEntry>();
  readonly #heap: { readonly entry: PairEntry; readonly count: number }[] = [];

  add(left: number, right: number, delta: number, word: number): void {
    const key = left * 0x100000 + right;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { left, right, count: 0, words: new Set() };
      this.#entries.set(key, entry);
    }
    entry.count += delta;
    if (delta > 0) {
      entry.words.add(word);
      this.#push(entry);
    }
  }

  /** The pair with the highest count; it is not offered again. */
  takeBest(minimumCount: number): PairEntry | undefined {
    for (let top = this.#pop(); top !== undefined; top = this.#pop()) {
      const { entry, count } = top;
      if (entry.count !== count) {
        // Counts only fall between pushes of the same entry, so a fresh push keeps the order right.
        if (entry.count >= minimumCount && entry.count < count) this.#push(entry);
        continue;
      }
      if (count < minimumCount) return undefined;
      const words = entry.words;
      entry.words = new Set();
      return { left: entry.left, right: entry.right, count, words };
    }
    return undefined;
  }

  #before(a: { entry: PairEntry; count: number }, b: { entry: PairEntry; count: number }): boolean {
    if (a.count !== b.count) return a.count > b.count;
    return a.entry.left !== b.entry.left ? a.entry.left < b.entry.left : a.entry.right < b.entry.right;
  }

  #push(entry: PairEntry): void {
    const heap = this.#heap;
    heap.push({ entry, count: entry.count });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(heap[index]!, heap[parent]!)) break;
      [heap[index], heap[parent]] = [heap[parent]!, heap[index]!];
      index = parent;
    }
  }

  #pop(): { entry: PairEntry; count: number } | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    heap[0] = last;
    let index = 0;
    for (;;) {
      let best = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < heap.length && this.#before(heap[child]!, heap[best]!)) best = child;
      if (best === index) return top;
      [heap[index], heap[best]] = [heap[best]!, heap[index]!];
      index = best;
    }
  }
}
