// SPDX-License-Identifier: Apache-2.0

import type { Merge } from './bpe-trainer.ts';

/** Pair of symbols to rank, as an open-addressing hash over typed arrays: the inner loop of encoding. */
export class MergeTable {
  readonly #mask: number;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #rank: Int32Array;

  constructor(merges: readonly Merge[]) {
    const capacity = 2 ** Math.ceil(Math.log2(merges.length * 2 + 2));
    this.#mask = capacity - 1;
    this.#left = new Int32Array(capacity).fill(-1);
    this.#right = new Int32Array(capacity);
    this.#rank = new Int32Array(capacity);
    merges.forEach(([left, right], rank) => {
      let slot = this.#slot(left, right);
      while (this.#left[slot] !== -1) slot = (slot + 1) & this.#mask;
      this.#left[slot] = left;
      this.#right[slot] = right;
      this.#rank[slot] = rank;
    });
  }

  /** Rank of the merge of two symbols, or -1; lower ranks merge first. */
  rank(left: number, right: number): number {
    let slot = this.#slot(left, right);
    for (;;) {
      const found = this.#left[slot]!;
      if (found === -1) return -1;
      if (found === left && this.#right[slot] === right) return this.#rank[slot]!;
      slot = (slot + 1) & this.#mask;
    }
  }

  #slot(left: number, right: number): number {
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}
