// SPDX-License-Identifier: Apache-2.0
import { grown, type PairCounts } from './pair-counts.ts';

/**
 * Max-heap of pairs by count; ties go to the smaller left, then the smaller right symbol. Counts that fall while a pair waits are noticed when it
 * comes up: it goes back with the count that it has by then. Counts must not rise meanwhile.
 */
export class PairHeap {
  readonly #pairs: PairCounts;
  #items = new Int32Array(1 << 16);
  #counts = new Float64Array(1 << 16);
  #size = 0;

  constructor(pairs: PairCounts) {
    this.#pairs = pairs;
  }

  push(pair: number): void {
    if (this.#size === this.#items.length) {
      this.#items = grown(this.#items, new Int32Array(2 * this.#size));
      this.#counts = grown(this.#counts, new Float64Array(2 * this.#size));
    }
    this.#rise(this.#size, pair, this.#pairs.counts[pair]!);
    this.#size += 1;
  }

  /** The pair with the greatest count of at least `minimumCount`, which leaves the heap; -1 when there is none. */
  popBest(minimumCount: number): number {
    while (this.#size > 0) {
      const pair = this.#items[0]!;
      const count = this.#pairs.counts[pair]!;
      const isFresh = count === this.#counts[0];
      this.#removeTop();
      if (count < minimumCount) continue;
      if (isFresh) return pair;
      this.push(pair);
    }
    return -1;
  }

  #removeTop(): void {
    this.#size -= 1;
    const size = this.#size;
    if (size === 0) return;
    const pair = this.#items[size]!;
    const count = this.#counts[size]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (
        child + 1 < size &&
        this.#isBefore(this.#items[child + 1]!, this.#counts[child + 1]!, this.#items[child]!, this.#counts[child]!)
      )
        child += 1;
      if (!this.#isBefore(this.#items[child]!, this.#counts[child]!, pair, count)) break;
      this.#items[index] = this.#items[child]!;
      this.#counts[index] = this.#counts[child]!;
      index = child;
    }
    this.#items[index] = pair;
    this.#counts[index] = count;
  }

  #rise(from: number, pair: number, count: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(pair, count, this.#items[parent]!, this.#counts[parent]!)) break;
      this.#items[index] = this.#items[parent]!;
      this.#counts[index] = this.#counts[parent]!;
      index = parent;
    }
    this.#items[index] = pair;
    this.#counts[index] = count;
  }

  #isBefore(pair: number, count: number, otherPair: number, otherCount: number): boolean {
    if (count !== otherCount) return count > otherCount;
    const pairs = this.#pairs;
    const difference = pairs.left(pair) - pairs.left(otherPair) || pairs.right(pair) - pairs.right(otherPair);
    return difference < 0;
  }
}
