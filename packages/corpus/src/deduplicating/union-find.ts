// SPDX-License-Identifier: Apache-2.0

/** Disjoint sets of 0 to `size` - 1 (Tarjan 1975), with path halving. Memory: 4 bytes per element. */
export class UnionFind {
  readonly #parents: Uint32Array;

  constructor(size: number) {
    this.#parents = new Uint32Array(size);
    for (let index = 0; index < size; index += 1) this.#parents[index] = index;
  }

  /** The element that stands for the set of another. */
  find(element: number): number {
    const parents = this.#parents;
    let at = element;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  /** Joins two sets under the smaller of their representatives. @returns false when they were one already */
  union(left: number, right: number): boolean {
    const [first, second] = [this.find(left), this.find(right)];
    if (first === second) return false;
    this.#parents[Math.max(first, second)] = Math.min(first, second);
    return true;
  }
}
