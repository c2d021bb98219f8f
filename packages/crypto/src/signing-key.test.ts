// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isKibanError } from '@kiban/core';
import { decodeBase64, encodeBase64 } from './base64.ts';
import {
  generateSigningKey,
  signBytes,
  signingKeyFromJwk,
  signingKeyFromPem,
  signingKeyToJwk,
  signingKeyToPem,
  verifyBytes,
  verifyKeyFromJwk,
  verifyKeyFromPem,
  verifyKeyFromSpki,
  verifyKeyToJwk,
  verifyKeyToPem,
  verifyKeyToSpki,
} from './signing-key.ts';

const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const key = generateSigningKey({ bytes: () => new Uint8Array(seed) });

test('a key from a seed signs as RFC 8032 section 7.1, test 1, and has the thumbprint of RFC 8037 appendix A.3', () => {
  assert.equal(verifyKeyToJwk(key.verifyKey).x, '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');
  assert.equal(key.keyId, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  assert.equal(
    Buffer.from(signBytes(key, new Uint8Array(0))).toString('hex'),
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  );
});

test('a changed message, signature or key does not verify', () => {
  const data = Buffer.from('the plan');
  const signature = signBytes(key, data);
  assert.equal(verifyBytes(key.verifyKey, data, signature), true);
  assert.equal(verifyBytes(key.verifyKey, Buffer.from('the plot'), signature), false);
  assert.equal(verifyBytes(generateSigningKey().verifyKey, data, signature), false);
  const changed = Uint8Array.from(signature);
  changed[5]! ^= 1;
  assert.equal(verifyBytes(key.verifyKey, data, changed), false);
  assert.equal(verifyBytes(key.verifyKey, data, signature.subarray(0, 63)), false);
});

test('keys survive PEM, JWK and SPKI', () => {
  for (const back of [signingKeyFromPem(signingKeyToPem(key)), signingKeyFromJwk(signingKeyToJwk(key))]) {
    assert.equal(back.keyId, key.keyId);
    assert.deepEqual(signBytes(back, seed), signBytes(key, seed));
  }
  const { verifyKey } = key;
  for (const back of [
    verifyKeyFromPem(verifyKeyToPem(verifyKey)),
    verifyKeyFromJwk(verifyKeyToJwk(verifyKey)),
    verifyKeyFromSpki(verifyKeyToSpki(verifyKey)),
  ])
    assert.equal(back.keyId, key.keyId);
});

test('what is not one Ed25519 key in its one encoding is refused', () => {
  const isUnreadable = (error: unknown): boolean => isKibanError(error) && error.code === 'key-unreadable';
  assert.throws(() => verifyKeyFromSpki('AAAA'), isUnreadable);
  assert.throws(() => verifyKeyFromSpki(`${verifyKeyToSpki(key.verifyKey)} `), isUnreadable);
  assert.throws(() => signingKeyFromPem('nothing'), isUnreadable);
});

test('a printed key shows nothing of itself', () => {
  assert.ok(!inspect(key, { depth: 9 }).includes(seed.toString('base64').slice(0, 12)));
  assert.ok(!JSON.stringify(signingKeyToPem(key)).includes('PRIVATE'));
});

test('base64 is read only in its one padded form', () => {
  assert.deepEqual(decodeBase64(encodeBase64(seed), 32), new Uint8Array(seed));
  for (const bad of ['YQ', 'YR==', 'YQ==\n', '_w==']) assert.equal(decodeBase64(bad), undefined, bad);
  assert.equal(decodeBase64('YQ==', 2), undefined);
});
