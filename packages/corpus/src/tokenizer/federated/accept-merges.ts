// SPDX-License-Identifier: Apache-2.0
import type { Merge } from '../bpe-trainer.ts';
import type { FederatedRules } from './federated-rules.ts';
import { candidateColumns } from './member-documents.ts';
import type { TokenReview } from './token-review.ts';
import { TokenTable, textOfToken } from './token-table.ts';

/** Sums over the members for one pair. */
export interface PairSupport {
  readonly occurrences: number;
  readonly documents: number;
  readonly members: number;
}

export type RefusalOfPair = 'support' | 'objection' | 'review';

export interface AcceptedBatch {
  readonly accepted: readonly { readonly merge: Merge; readonly support: PairSupport }[];
  readonly refused: readonly { readonly merge: Merge; readonly reason: RefusalOfPair }[];
  /** Supported pairs that share symbols with accepted ones: their counts change, so they wait. */
  readonly waiting: number;
}

/**
 * Decides over candidates from their exact sums: enough members, enough documents, no member's objection, no objection of the review. Most frequent
 * first; of pairs that could stand on the same symbols only the first is taken, so that the counts of the others are still true.
 * @param sums what {@link MemberDocuments.countCandidates} gives, added up over the members
 * @param mostMerges merges that the vocabulary still has room for
 */
export function acceptMerges(
  candidates: readonly Merge[],
  sums: Int32Array,
  merges: readonly Merge[],
  rules: Pick<FederatedRules, 'minimumMembers' | 'minimumDocuments' | 'batch'>,
  mostMerges: number,
  review: TokenReview,
): AcceptedBatch {
  const tokens = new TokenTable(merges);
  const accepted: { merge: Merge; support: PairSupport }[] = [];
  const refused: { merge: Merge; reason: RefusalOfPair }[] = [];
  const [lefts, rights] = [new Set<number>(), new Set<number>()];
  let waiting = 0;
  const ordered = candidates
    .map((merge, index) => ({ merge, sum: sums.subarray(candidateColumns * index, candidateColumns * (index + 1)) }))
    .sort((a, b) => b.sum[0]! - a.sum[0]! || a.merge[0] - b.merge[0] || a.merge[1] - b.merge[1]);
  for (const { merge, sum } of ordered) {
    const [left, right] = merge;
    const support = { occurrences: sum[0]!, documents: sum[1]!, members: sum[2]! };
    // An earlier merge of this batch may have given the same bytes.
    if (!tokens.mayMerge(left, right)) continue;
    const text = textOfToken(tokens.bytesOf(left, right));
    if (support.members < rules.minimumMembers || support.documents < rules.minimumDocuments)
      refused.push({ merge, reason: 'support' });
    else if (sum[3] !== 0) refused.push({ merge, reason: 'objection' });
    else if (text !== undefined && review.objection(text) !== undefined) refused.push({ merge, reason: 'review' });
    else if (accepted.length >= Math.min(rules.batch, mostMerges) || rights.has(left) || lefts.has(right)) waiting += 1;
    else {
      accepted.push({ merge, support });
      tokens.add(merge);
      lefts.add(left);
      rights.add(right);
    }
  }
  return { accepted, refused, waiting };
}
