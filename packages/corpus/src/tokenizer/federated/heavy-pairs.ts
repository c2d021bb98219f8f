// SPDX-License-Identifier: Apache-2.0
import type { Merge } from '../bpe-trainer.ts';
import { SketchHashes } from './count-sketch.ts';
import type { FederatedRules } from './federated-rules.ts';
import { TokenTable } from './token-table.ts';

/**
 * The heaviest pairs of a summed sketch that probably have the support they need, as far as it can tell: they are asked about exactly next. Pairs are
 * pairs of known symbols, so nothing is decoded but merges of what the vocabulary holds.
 * @param sums what {@link MemberDocuments.sketch} gives, added up over the members
 * @param isBlocked pairs that were refused before
 */
export function heavyPairs(
  sums: Int32Array,
  merges: readonly Merge[],
  seed: string,
  rules: FederatedRules,
  isBlocked: (left: number, right: number) => boolean = () => false,
): Merge[] {
  const { minimumDocuments, minimumMembers, sketchWidth, candidates } = rules;
  const hashes = new SketchHashes(sketchWidth, seed);
  const cells = hashes.heavyCells(sums, 0, minimumDocuments);
  const tokens = new TokenTable(merges);
  const found: { readonly merge: Merge; readonly count: number }[] = [];
  for (let left = 0; left < tokens.size; left += 1) {
    for (let right = 0; right < tokens.size; right += 1) {
      if (!hashes.isHeavy(cells, left, right)) continue;
      if (hashes.estimate(sums, hashes.length, left, right) < minimumMembers) continue;
      if (isBlocked(left, right) || !tokens.mayMerge(left, right)) continue;
      found.push({ merge: [left, right], count: hashes.estimate(sums, 0, left, right) });
    }
  }
  return found
    .sort((a, b) => b.count - a.count || a.merge[0] - b.merge[0] || a.merge[1] - b.merge[1])
    .slice(0, candidates)
    .map(({ merge }) => merge);
}
