// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKibanError } from '@kiban/core';
import { type RecordSignature, signRecord, verifyRecord } from './signed-record.ts';
import { generateSigningKey } from './signing-key.ts';

const key = generateSigningKey();
const record = { b: 2, a: ['高炉', 1.5, null] };

function refused(type: string, value: unknown, signature: RecordSignature): void {
  assert.throws(
    () => verifyRecord(type, value, signature),
    (error) => isKibanError(error) && error.code === 'record-signature-invalid',
  );
}

test('a record verifies whatever the order of its members', () => {
  const signature = signRecord(key, 'kiban/test/1', record);
  const reordered = { a: ['高炉', 1.5, null], b: 2 };
  assert.equal(verifyRecord('kiban/test/1', reordered, signature).keyId, key.keyId);
  assert.deepEqual(signRecord(key, 'kiban/test/1', reordered), signature);
});

test('a changed record, another type, another key and a damaged signature are refused', () => {
  const signature = signRecord(key, 'kiban/test/1', record);
  const other = signRecord(generateSigningKey(), 'kiban/test/1', record);
  refused('kiban/test/1', { ...record, b: 3 }, signature);
  refused('kiban/test/2', record, signature);
  refused('kiban/test/1', record, { ...signature, publicKey: other.publicKey, keyId: other.keyId });
  refused('kiban/test/1', record, { ...other, keyId: signature.keyId });
  refused('kiban/test/1', record, { ...signature, value: signature.value.slice(4) });
  refused('kiban/test/1', record, { ...signature, publicKey: 'AAAA' });
});
