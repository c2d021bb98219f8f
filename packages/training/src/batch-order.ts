// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';

/** A token source as the batch order sees it. `weight` 2 means: each sequence twice per epoch of the mixture; 0 leaves it out. */
export interface BatchSource {
  readonly sequenceCount: number;
  readonly weight: number;
}

export interface BatchOrder {
  readonly sources: readonly BatchSource[];
  readonly batchSize: number;
  readonly seed: string;
}

export interface SequenceReference {
  readonly source: number;
  readonly sequence: number;
}

/**
 * Which sequences a step sees: a seeded Fisher-Yates shuffle of the mixture per epoch, cut into batches. Any step can be asked for; only the
 * epochs that it touches are shuffled (4 bytes per sequence of the epoch are held), and nothing is carried from step to step, so a resumed run
 * sees exactly what it would have seen. With a weight below 1 each epoch takes the next part of the source: over the epochs all sequences occur
 * equally often.
 * @throws RangeError when there is no sequence at all.
 */
export function createBatchOrder(order: BatchOrder): (step: number) => SequenceReference[] {
  const perEpoch = order.sources.map((source) => Math.round(source.sequenceCount * source.weight));
  const total = perEpoch.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new RangeError('no sequences to train on');
  const ends = perEpoch.map((_, index) => perEpoch.slice(0, index + 1).reduce((sum, count) => sum + count, 0));
  let held: { epoch: number; items: Uint32Array } | undefined;
  const epochItems = (epoch: number): Uint32Array => {
    if (held?.epoch !== epoch) {
      const items = new Uint32Array(total);
      for (let index = 0; index < total; index += 1) items[index] = index;
      held = { epoch, items: new SeededRandom(`${order.seed}/epoch/${epoch}`).shuffle(items) };
    }
    return held.items;
  };
  return (step) =>
    Array.from({ length: order.batchSize }, (_, index) => {
      const position = step * order.batchSize + index;
      const epoch = Math.floor(position / total);
      const item = epochItems(epoch)[position % total]!;
      const source = ends.findIndex((end) => item < end);
      const within = item - (ends[source]! - perEpoch[source]!);
      return { source, sequence: (epoch * perEpoch[source]! + within) % order.sources[source]!.sequenceCount };
    });
}
