// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Coalition } from './coalition-driver.ts';
import { shardLayout, shardPlace } from './shard-layout.ts';

const { plan } = new Coalition({ memberCount: 3 });

test('shards lie end to end over the whole vector, and each is found by its number alone', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 5_000 }),
      fc.constantFrom(8 as const, 16 as const, 32 as const),
      fc.integer({ min: 1, max: 8 }),
      (wordCount, bits, blocks) => {
        const sized = { ...plan, wordCount, bits, shardBytes: blocks * 64 };
        const places = shardLayout(sized);
        let wordOffset = 0;
        for (const [n, place] of places.entries()) {
          assert.deepEqual(shardPlace(sized, n), place);
          assert.equal(place.wordOffset, wordOffset);
          assert.ok(place.length === (n < places.length - 1 ? sized.shardBytes : (place.wordCount * bits) / 8));
          wordOffset += place.wordCount;
        }
        assert.equal(wordOffset, wordCount);
        assert.equal(shardPlace(sized, places.length), undefined);
      },
    ),
  );
});

test('ten billion words have their shards at once; numbers that are none are refused', () => {
  const large = { ...plan, wordCount: 10_000_000_000, bits: 16 as const, shardBytes: 8 * 1024 * 1024 };
  assert.deepEqual(shardPlace(large, 2384), {
    n: 2384,
    wordOffset: 2384 * 4_194_304,
    wordCount: 10_000_000_000 - 2384 * 4_194_304,
    length: 2 * (10_000_000_000 - 2384 * 4_194_304),
  });
  assert.equal(shardPlace(large, 2385), undefined);
  for (const n of [-1, 0.5, Number.NaN]) assert.equal(shardPlace(large, n), undefined);
});
