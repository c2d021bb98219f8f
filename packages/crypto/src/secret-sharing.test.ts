// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combineShares, splitSecret } from './secret-sharing.ts';

test('any threshold of the shares gives the secret back; one fewer, or one changed bit, gives something else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 16, maxLength: 32 }),
      fc.integer({ min: 3, max: 12 }),
      fc.nat(),
      async (secret, shares, pick) => {
        const threshold = 2 + (pick % (shares - 1));
        const dealt = await splitSecret(secret, { shares, threshold });
        assert.ok(dealt.every((share) => share.length === secret.length + 1));
        const some = [...dealt.slice(pick % shares), ...dealt.slice(0, pick % shares)].slice(0, threshold);
        assert.deepEqual(await combineShares(some), { ok: true, secret });
        if (threshold > 2) assert.notDeepEqual(await combineShares(some.slice(1)), { ok: true, secret });
        const changed = some.map((share) => Uint8Array.from(share));
        changed[0]![0]! ^= 1;
        assert.notDeepEqual(await combineShares(changed), { ok: true, secret });
      },
    ),
    { numRuns: 30 },
  );
});

test('shares that cannot be combined are refused by name', async () => {
  const [a, b] = await splitSecret(new Uint8Array(32), { shares: 3, threshold: 2 });
  assert.ok(a && b);
  assert.deepEqual(await combineShares([a]), { ok: false, code: 'too-few-shares' });
  assert.deepEqual(await combineShares([a, a]), { ok: false, code: 'share-repeated' });
  assert.deepEqual(await combineShares([a, b.subarray(1)]), { ok: false, code: 'share-malformed' });
});

test('parameters outside 2 <= threshold <= shares <= 255 are refused', async () => {
  for (const [shares, threshold] of [
    [3, 1],
    [2, 3],
    [256, 3],
  ] as const)
    await assert.rejects(splitSecret(new Uint8Array(32), { shares, threshold }), RangeError);
});
