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

/** All shards in order; empty for a plan without words. */
export function shardLayout(plan: AggregationPlan): ShardPlace[] {
  const bytesPerWord = plan.bits / 8;
  const wordsPerShard = plan.shardBytes / bytesPerWord;
  const places: ShardPlace[] = [];
  for (let wordOffset = 0; wordOffset < plan.wordCount; wordOffset += wordsPerShard) {
    const wordCount = Math.min(wordsPerShard, plan.wordCount - wordOffset);
    places.push({ n: places.length, wordOffset, wordCount, length: wordCount * bytesPerWord });
  }
  return places;
}

/** Whether a manifest's shards cover the whole vector in the plan's order and sizes. */
export function shardsCoverPlan(plan: AggregationPlan, shards: readonly ShardDigest[]): boolean {
  const places = shardLayout(plan);
  return (
    places.length === shards.length &&
    places.every((place, index) => place.n === shards[index]?.n && place.length === shards[index]?.length)
  );
}
