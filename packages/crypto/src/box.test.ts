// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openBox, sealBox } from './box.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test('a box opens to what was sealed, and any changed byte, key or associated data keeps it shut', () => {
  fc.assert(
    fc.property(
      bytes(32),
      bytes(12),
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(),
      (key, nonce, plaintext, associatedData, at) => {
        const box = sealBox({ key, nonce, associatedData, plaintext });
        assert.deepEqual(openBox({ key, associatedData, box }), plaintext);
        const changed = Uint8Array.from(box);
        changed[at % box.length]! ^= 1;
        assert.equal(openBox({ key, associatedData, box: changed }), undefined);
        assert.equal(
          openBox({ key, associatedData: Buffer.concat([associatedData, Buffer.from('x')]), box }),
          undefined,
        );
        const otherKey = Uint8Array.from(key);
        otherKey[at % 32]! ^= 1;
        assert.equal(openBox({ key: otherKey, associatedData, box }), undefined);
      },
    ),
    { numRuns: 50 },
  );
});

test('a box shorter than nonce and tag does not open', () => {
  const key = new Uint8Array(32);
  assert.equal(openBox({ key, associatedData: new Uint8Array(0), box: new Uint8Array(27) }), undefined);
});

test('the box of the GCM specification, test case 14, has its ciphertext and tag', () => {
  const box = sealBox({
    key: new Uint8Array(32),
    nonce: new Uint8Array(12),
    associatedData: new Uint8Array(0),
    plaintext: new Uint8Array(16),
  });
  assert.equal(
    Buffer.from(box).toString('hex'),
    `${'00'.repeat(12)}cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919`,
  );
});
