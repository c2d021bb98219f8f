// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BatchOrder, createBatchOrder } from './batch-order.ts';

const orderArbitrary: fc.Arbitrary<BatchOrder> = fc
  .record({
    sources: fc.array(
      fc.record({ sequenceCount: fc.integer({ min: 0, max: 30 }), weight: fc.constantFrom(0, 0.25, 0.5, 1, 2, 3) }),
      { minLength: 1, maxLength: 4 },
    ),
    batchSize: fc.integer({ min: 1, max: 9 }),
    seed: fc.string(),
  })
  .filter(({ sources }) => sources.some(({ sequenceCount, weight }) => Math.round(sequenceCount * weight) > 0));

const key = ({ source, sequence }: { source: number; sequence: number }) => `${source}/${sequence}`;

test('any step is the same, asked for alone, again or in order', () => {
  fc.assert(
    fc.property(orderArbitrary, fc.array(fc.nat(40), { minLength: 1, maxLength: 10 }), (order, steps) => {
      const inOrder = createBatchOrder(order);
      const all = Array.from({ length: 41 }, (_, step) => inOrder(step));
      const anyOrder = createBatchOrder(order);
      for (const step of steps) {
        assert.deepEqual(anyOrder(step), all[step]);
        assert.deepEqual(createBatchOrder(order)(step), all[step]);
      }
    }),
  );
});

test('references are always within their sources and never in one of weight 0', () => {
  fc.assert(
    fc.property(orderArbitrary, fc.nat(1_000), (order, step) => {
      const batch = createBatchOrder(order)(step);
      assert.equal(batch.length, order.batchSize);
      for (const { source, sequence } of batch) {
        assert.ok(sequence >= 0 && sequence < order.sources[source]!.sequenceCount);
        assert.ok(order.sources[source]!.weight > 0);
      }
    }),
  );
});

test('an epoch holds each sequence as often as its weight says', () => {
  const order = createBatchOrder({
    sources: [
      { sequenceCount: 10, weight: 1 },
      { sequenceCount: 5, weight: 2 },
    ],
    batchSize: 4,
    seed: 's',
  });
  const counts = new Map<string, number>();
  for (let step = 0; step < 5; step += 1)
    for (const reference of order(step)) counts.set(key(reference), (counts.get(key(reference)) ?? 0) + 1);
  for (let sequence = 0; sequence < 10; sequence += 1) assert.equal(counts.get(`0/${sequence}`), 1);
  for (let sequence = 0; sequence < 5; sequence += 1) assert.equal(counts.get(`1/${sequence}`), 2);
});

test('with a weight below 1 the epochs together go through the whole source', () => {
  const order = createBatchOrder({ sources: [{ sequenceCount: 12, weight: 0.25 }], batchSize: 3, seed: 's' });
  const seen = [0, 1, 2, 3].flatMap((epoch) => order(epoch).map(({ sequence }) => sequence));
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, index) => index),
  );
});

test('epochs and seeds differ in their order', () => {
  const of = (seed: string) => createBatchOrder({ sources: [{ sequenceCount: 50, weight: 1 }], batchSize: 50, seed });
  assert.notDeepEqual(of('a')(0), of('a')(1));
  assert.notDeepEqual(of('a')(0), of('b')(0));
});

test('nothing to train on is an error', () => {
  assert.throws(
    () => createBatchOrder({ sources: [{ sequenceCount: 3, weight: 0 }], batchSize: 1, seed: '' }),
    RangeError,
  );
});
