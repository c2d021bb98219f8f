// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import fc from 'fast-check';
import { FrequentDigests } from './frequent-digests.ts';

test('everything frequent is found with few counters, and counted exactly', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 40 }), fc.integer({ min: 50, max: 2_000 }), (seed, most, total) => {
      const random = new SeededRandom(seed);
      // Skewed draws; equal low or high halves must not be taken for equal digests.
      const stream = Array.from({ length: total }, () => {
        const drawn = Math.floor(300 * random.unit() ** 4);
        return [drawn % 7, (Math.imul(drawn, 0x9e3779b1) >>> 0) % 97] as const;
      });
      const frequent = new FrequentDigests(most);
      for (const [high, low] of stream) frequent.add(high, low);
      const counter = frequent.candidates();
      for (const [high, low] of stream) counter.count(high, low);
      const counts = new Map<string, number>();
      for (const words of stream) {
        const digest = words.map((word) => word.toString(16).padStart(8, '0')).join('');
        counts.set(digest, (counts.get(digest) ?? 0) + 1);
      }
      const threshold = total / (most + 1);
      const expected = [...counts].filter(([, count]) => count > threshold).map(([digest]) => digest);
      assert.deepEqual([...counter.above(threshold)].sort(), expected.sort());
    }),
    { numRuns: 200 },
  );
});
