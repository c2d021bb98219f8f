// SPDX-License-Identifier: Apache-2.0

/** What a coalition agreed on for learning a vocabulary together. All counts are of documents unless said otherwise. */
export interface FederatedRules {
  /** Members that must hold a pair for it to be merged. */
  readonly minimumMembers: number;
  /** Documents of all members together that must hold it. */
  readonly minimumDocuments: number;
  /** A member says nothing of a pair that fewer of its own documents hold. */
  readonly minimumOwnDocuments: number;
  /** Different pairs that one document speaks for: the most frequent ones. */
  readonly pairsPerDocument: number;
  /** Occurrences of one pair that one document counts for. */
  readonly repeatsPerDocument: number;
  /** Columns of each row of the sketch; a power of two. */
  readonly sketchWidth: number;
  /** Pairs that are counted exactly in a round. */
  readonly candidates: number;
  /** Merges accepted in a round. */
  readonly batch: number;
}

/** Largest absolute value of one word of one member: thirty-two of them fit 32 bits. */
export const countLimit = 1 << 25;

export function clipCount(value: number): number {
  return Math.max(-countLimit, Math.min(countLimit, value));
}
