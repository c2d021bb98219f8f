// SPDX-License-Identifier: Apache-2.0
import type { ShardDigest } from './events.ts';
import type { AggregationPlan } from './plan.ts';

/** No plan cuts the vector into longer pieces: whoever masks or receives keeps whole shards in memory. */
export const longestShardBytes = 16 * 1024 * 1024;

/** One shard of the vector: its number, first word, words and bytes. */
export interface ShardPlace {
  readonly n: number;
  readonly wordOffset: number;
  readonly wordCount: number;
  readonly length: number;
}

/** The shard of this number by arithmetic alone, so that a plan of thousands of shards costs no list; undefined beyond the plan's end. */
export function shardPlace(plan: AggregationPlan, n: number): ShardPlace | undefined {
  const bytesPerWord = plan.bits / 8;
  const wordsPerShard = plan.shardBytes / bytesPerWord;
  const wordOffset = n * wordsPerShard;
  if (!Number.isInteger(n) || n < 0 || wordOffset >= plan.wordCount) return undefined;
  const wordCount = Math.min(wordsPerShard, plan.wordCount - wordOffset);
  return { n, wordOffset, wordCount, length: wordCount * bytesPerWord };
}

/** All shards in order; empty for a plan without words. */
export function shardLayout(plan: AggregationPlan): ShardPlace[] {
  const places: ShardPlace[] = [];
  for (;;) {
    const place = shardPlace(plan, places.length);
    if (place === undefined) return places;
    places.push(place);
  }
}

/** Whether a manifest's shards cover the whole vector in the plan's order and sizes. */
export function shardsCoverPlan(plan: AggregationPlan, shards: readonly ShardDigest[]): boolean {
  const places = shardLayout(plan);
  return (
    places.length === shards.length &&
    places.every((place, index) => place.n === shards[index]?.n && place.length === shards[index]?.length)
  );
}
