// SPDX-License-Identifier: Apache-2.0

import { Heap } from './heap.ts';
import type { MergeTable } from './merge-table.ts';

/** Beyond this many symbols looking through all pairs again for each merge costs more than a heap. */
const scanLimit = 96;

/**
 * Applies merges to the symbols of one piece: always the pair of lowest rank, the leftmost first. Pieces may be as long as a document that has
 * no spaces, so long ones take n log n steps.
 * @param symbols changed in place
 */
export function mergePiece(symbols: number[], table: MergeTable): number[] {
  return symbols.length <= scanLimit ? mergeByScanning(symbols, table) : mergeByHeap(symbols, table);
}

/** The plain definition, and the reference for {@link mergeByHeap}. */
export function mergeByScanning(symbols: number[], table: MergeTable): number[] {
  while (symbols.length > 1) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let at = 0; at + 1 < symbols.length; at += 1) {
      const rank = table.rank(symbols[at]!, symbols[at + 1]!);
      if (rank >= 0 && rank < bestRank) {
        best = at;
        bestRank = rank;
      }
    }
    if (best < 0) break;
    symbols.splice(best, 2, 256 + bestRank);
  }
  return symbols;
}

interface Place {
  readonly rank: number;
  readonly at: number;
  readonly left: number;
  readonly right: number;
}

export function mergeByHeap(symbols: readonly number[], table: MergeTable): number[] {
  const ids = Int32Array.from(symbols);
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
  return Array.from(ids.filter((id) => id >= 0));
}
