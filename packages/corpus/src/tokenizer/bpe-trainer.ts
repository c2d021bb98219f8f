// SPDX-License-Identifier: Apache-2.0
import { isAllowedToken } from './merge-rules.ts';
import { PairHeap } from './pair-heap.ts';
import { PairPlaces } from './pair-places.ts';

export interface BpeTrainingOptions {
  /** Merges wanted, those of `initial` among them; fewer come back when no pair is left that occurs often enough. */
  readonly mergeCount: number;
  /** Pairs that occur less often are never merged. Default 2. */
  readonly minimumCount?: number;
  /** Merges that were agreed before: training goes on after them, and they come first in the result. */
  readonly initial?: readonly Merge[];
}

/** Left and right part as symbol numbers: 0-255 are bytes, 256 + n is the n-th merge. */
export type Merge = readonly [left: number, right: number];

/** Symbols stay below this. */
export const symbolLimit = 0x100000;

/**
 * Byte-pair encoding (Sennrich et al. 2016) over word counts: a merge touches only the places where its pair stands, a lazy heap gives the most
 * frequent pair. Ties go to the smaller left, then the smaller right symbol, so that equal counts give equal merges everywhere, whatever their
 * order. Not merged: pairs that make half characters beside others, more than 8 characters, or bytes that already are a token.
 */
export function trainMerges(wordCounts: ReadonlyMap<string, number>, options: BpeTrainingOptions): Merge[] {
  const { mergeCount, minimumCount = 2, initial = [] } = options;
  const places = new PairPlaces(wordCounts);
  const { pairs } = places;
  const tokens: Buffer[] = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
  const known = new Set(tokens.map((token) => token.toString('latin1')));
  const merges: Merge[] = [];
  const accept = (left: number, right: number, pair: number, token: Buffer) => {
    known.add(token.toString('latin1'));
    const risen = places.merge(pair, tokens.length);
    tokens.push(token);
    merges.push([left, right]);
    return risen;
  };
  for (const [left, right] of initial.slice(0, mergeCount))
    accept(left, right, pairs.number(left, right), Buffer.concat([tokens[left]!, tokens[right]!]));
  const heap = new PairHeap(pairs);
  for (let pair = 0; pair < pairs.size; pair += 1) heap.push(pair);
  while (merges.length < mergeCount) {
    const pair = heap.popBest(minimumCount);
    if (pair < 0) break;
    const [left, right] = [pairs.left(pair), pairs.right(pair)];
    const token = Buffer.concat([tokens[left]!, tokens[right]!]);
    if (known.has(token.toString('latin1')) || !isAllowedToken(token)) continue;
    for (const risen of accept(left, right, pair, token)) heap.push(risen);
  }
  return merges;
}
