// SPDX-License-Identifier: Apache-2.0

import { Heap } from './heap.ts';
import type { MergeTable } from './merge-table.ts';

/** Beyond this many symbols looking through all ranks again for each merge costs more than a heap. */
const scanLimit = 96;

const noRank = 0x7fffffff;

/**
 * Applies merges to the symbols of one piece: always the pair of lowest rank, the leftmost first. Pieces may be as long as a document that has
 * no spaces, so long ones take n log n steps.
 */
export class PieceMerger {
  readonly #table: MergeTable;
  readonly #ranks = new Int32Array(scanLimit);

  constructor(table: MergeTable) {
    this.#table = table;
  }

  /**
   * @param symbols the first `length` are merged in place
   * @returns how many are left
   */
  merge(symbols: Int32Array, length: number): number {
    if (length <= scanLimit) return this.#scan(symbols, length);
    const merged = mergeByHeap(symbols.subarray(0, length), this.#table);
    symbols.set(merged);
    return merged.length;
  }

  /** Ranks of all pairs once; then each merge looks up the two pairs beside it. */
  #scan(symbols: Int32Array, length: number): number {
    const table = this.#table;
    const ranks = this.#ranks;
    let count = length;
    let best = -1;
    let bestRank = noRank;
    for (let at = 0; at + 1 < count; at += 1) {
      const rank = table.rank(symbols[at]!, symbols[at + 1]!);
      ranks[at] = rank < 0 ? noRank : rank;
      if (rank >= 0 && rank < bestRank) {
        best = at;
        bestRank = rank;
      }
    }
    while (best >= 0) {
      symbols[best] = 256 + bestRank;
      count -= 1;
      for (let at = best + 1; at < count; at += 1) {
        symbols[at] = symbols[at + 1]!;
        ranks[at] = ranks[at + 1]!;
      }
      this.#rankAt(symbols, best - 1, count);
      this.#rankAt(symbols, best, count);
      best = -1;
      bestRank = noRank;
      for (let at = 0; at + 1 < count; at += 1) {
        if (ranks[at]! < bestRank) {
          best = at;
          bestRank = ranks[at]!;
        }
      }
    }
    return count;
  }

  #rankAt(symbols: Int32Array, at: number, count: number): void {
    if (at < 0 || at + 1 >= count) return;
    const rank = this.#table.rank(symbols[at]!, symbols[at + 1]!);
    this.#ranks[at] = rank < 0 ? noRank : rank;
  }
}

interface Place {
  readonly rank: number;
  readonly at: number;
  readonly left: number;
  readonly right: number;
}

function mergeByHeap(symbols: Int32Array, table: MergeTable): Int32Array {
  const ids = symbols.slice();
  const next = Int32Array.from(ids, (_, at) => at + 1);
  const previous = Int32Array.from(ids, (_, at) => at - 1);
  const heap = new Heap<Place>((one, other) => one.rank < other.rank || (one.rank === other.rank && one.at < other.at));
  const offer = (at: number) => {
    const after = at < 0 ? ids.length : next[at]!;
    if (after >= ids.length) return;
    const [left, right] = [ids[at]!, ids[after]!];
    const rank = table.rank(left, right);
    if (rank >= 0) heap.push({ rank, at, left, right });
  };
  for (let at = 0; at + 1 < ids.length; at += 1) offer(at);
  for (let place = heap.pop(); place !== undefined; place = heap.pop()) {
    const { at, left, right, rank } = place;
    const after = next[at]!;
    // A merge beside it may have changed either symbol since; -1 marks one that is gone.
    if (ids[at] !== left || after >= ids.length || ids[after] !== right) continue;
    ids[at] = 256 + rank;
    ids[after] = -1;
    const beyond = next[after]!;
    next[at] = beyond;
    if (beyond < ids.length) previous[beyond] = at;
    offer(previous[at]!);
    offer(at);
  }
  return ids.filter((id) => id >= 0);
}
