// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hkdfSha256 } from './hkdf.ts';

test('RFC 5869, test case 1', () => {
  const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
  const output = hkdfSha256({
    secret: hex('0b'.repeat(22)),
    salt: hex('000102030405060708090a0b0c'),
    info: hex('f0f1f2f3f4f5f6f7f8f9'),
    length: 42,
  });
  assert.equal(
    Buffer.from(output).toString('hex'),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
});
