// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';

/** A token source as the batch order sees it. `weight` 2 means: each sequence twice per epoch of the mixture. */
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
 * Which sequences a step sees: a seeded shuffle of the mixture per epoch, cut into batches. Any step can be asked for; only the epochs
 * that it touches are shuffled, and nothing is carried from step to step, so a resumed run sees exactly what it would have seen.
 */
export function createBatchOrder(order: BatchOrder): (step: number) => SequenceReference[] {
  const perEpoch = order.sources.map((source) => Math.max(0, Math.round(source.sequenceCount * source.weight)));
  const total = perEpoch.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new RangeError('no sequences to train on');
  const starts = perEpoch.map((_, index) => perEpoch.slice(0, index).reduce((sum, count) => sum + count, 0));
  let held: { epoch: number; order: Uint32Array } | undefined;
  const epochOrder = (epoch: number): Uint32Array => {
    if (held?.epoch !== epoch) {
      const items = Uint32Array.from({ length: total }, (_, index) => index);
      new SeededRandom(`${order.seed}/epoch/${epoch}`).shuffle(items);
      held = { epoch, order: items };
    }
    return held.order;
  };
  return (step) =>
    Array.from({ length: order.batchSize }, (_, index) => {
      const position = step * order.batchSize + index;
      const item = epochOrder(Math.floor(position / total))[position % total]!;
      let source = starts.length - 1;
      while (starts[source]! > item || perEpoch[source] === 0) source -= 1;
      return { source, sequence: (item - starts[source]!) % order.sources[source]!.sequenceCount };
    });
}
