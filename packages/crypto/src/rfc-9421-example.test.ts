// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sealed } from '@kiban/core';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { signatureBase } from './signature-base.ts';
import { signBytes, signingKeyFromJwk, verifyBytes } from './signing-key.ts';

/** Appendix B.1.4: the key `test-key-ed25519`. */
const key = signingKeyFromJwk(
  new Sealed({
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
    x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
  }),
);
const params =
  '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
const base = signatureBase(
  [
    ['date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
    ['@method', 'POST'],
    ['@path', '/foo'],
    ['@authority', 'example.com'],
    ['content-type', 'application/json'],
    ['content-length', '18'],
  ],
  params,
);
const published = 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==';

test('the signature of RFC 9421 B.2.6 is reproduced byte for byte', () => {
  assert.equal(encodeBase64(signBytes(key, Buffer.from(base))), published);
});

test('it does not verify over a base with one line moved or a final line feed', () => {
  const signature = decodeBase64(published, 64)!;
  assert.ok(verifyBytes(key.verifyKey, Buffer.from(base), signature));
  assert.ok(!verifyBytes(key.verifyKey, Buffer.from(`${base}\n`), signature));
  const [first, second, ...rest] = base.split('\n');
  assert.ok(!verifyBytes(key.verifyKey, Buffer.from([second, first, ...rest].join('\n')), signature));
});
