// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isAgreementPublicKey,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768KeyPair,
  x25519KeyPair,
  x25519SharedSecret,
} from './key-agreement.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

test('X25519 gives the keys and the secret of RFC 7748 section 6.1', () => {
  const alice = x25519KeyPair(hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
  const bob = x25519KeyPair(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
  assert.equal(
    Buffer.from(bob.publicKey).toString('hex'),
    'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  );
  const secret = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  assert.deepEqual(x25519SharedSecret(alice.privateKey, bob.publicKey), secret);
  assert.deepEqual(x25519SharedSecret(bob.privateKey, alice.publicKey), secret);
});

test('a low-order or malformed X25519 key gives no secret', () => {
  const own = x25519KeyPair(new Uint8Array(32).fill(7));
  for (const bad of [new Uint8Array(32), hex(`01${'00'.repeat(31)}`), new Uint8Array(31)])
    assert.equal(x25519SharedSecret(own.privateKey, bad), undefined);
});

test('ML-KEM-768 agrees from a seed, and a changed ciphertext gives another secret instead of an error', () => {
  const pair = mlKem768KeyPair(new Uint8Array(64).fill(3));
  assert.equal(pair.publicKey.length, 1184);
  assert.deepEqual(mlKem768KeyPair(new Uint8Array(64).fill(3)).publicKey, pair.publicKey);
  const made = mlKem768Encapsulate(pair.publicKey);
  assert.ok(made);
  assert.equal(made.ciphertext.length, 1088);
  assert.deepEqual(mlKem768Decapsulate(pair.privateKey, made.ciphertext), made.sharedSecret);
  const changed = Uint8Array.from(made.ciphertext);
  changed[100]! ^= 1;
  const other = mlKem768Decapsulate(pair.privateKey, changed);
  assert.equal(other?.length, 32);
  assert.notDeepEqual(other, made.sharedSecret);
  assert.equal(mlKem768Decapsulate(pair.privateKey, made.ciphertext.subarray(1)), undefined);
});

test('an ML-KEM key with a coefficient beyond the modulus is not importable', () => {
  const { publicKey } = mlKem768KeyPair(new Uint8Array(64).fill(9));
  assert.equal(isAgreementPublicKey(publicKey, 'ml-kem-768'), true);
  const bad = Uint8Array.from(publicKey);
  bad.fill(0xff, 0, 3);
  assert.equal(isAgreementPublicKey(bad, 'ml-kem-768'), false);
  assert.equal(mlKem768Encapsulate(bad), undefined);
});
