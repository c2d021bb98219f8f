// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentDigest } from './content-digest.ts';
import { signRequest } from './request-signature.ts';
import { type RequestToVerify, verifyRequest } from './request-verification.ts';
import { generateSigningKey } from './signing-key.ts';

const key = generateSigningKey();
const body = Buffer.from('{"hello": "world"}');
const nowSeconds = 1_790_000_000;
const target = { method: 'PUT', targetUri: 'https://hub.example/v1/x?a=1' };
const signed = { ...target, body, contentType: 'application/json', key, createdSeconds: nowSeconds };
const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';

function received(
  change: Partial<RequestToVerify> = {},
  fields: Record<string, string | undefined> = {},
): RequestToVerify {
  const headers = { ...signRequest({ ...signed, nonce }), 'content-type': 'application/json', ...fields };
  return {
    ...target,
    headers,
    body,
    nowSeconds,
    resolveKey: (id) => (id === key.keyId ? key.verifyKey : undefined),
    ...change,
  };
}

async function codeOf(request: RequestToVerify): Promise<string> {
  const result = await verifyRequest(request);
  return result.ok ? 'ok' : result.code;
}

test('the digest of the example in RFC 9530 appendix A', () => {
  assert.equal(
    contentDigest(Buffer.from('{"hello": "world"}\n')),
    'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
  );
});

test('a signed request verifies, with and without a body, and gives its nonce back', async () => {
  const result = await verifyRequest(received());
  assert.ok(result.ok && result.nonce === nonce && result.keyId === key.keyId);
  const headers = {
    ...signRequest({ method: 'GET', targetUri: target.targetUri, key, createdSeconds: nowSeconds, nonce }),
  };
  assert.equal(await codeOf(received({ method: 'GET', headers, body: new Uint8Array(0) })), 'ok');
});

test('whatever is changed on the way is refused', async () => {
  assert.equal(await codeOf(received({ method: 'POST' })), 'signature-wrong');
  assert.equal(await codeOf(received({ targetUri: 'https://hub.example/v1/x?a=2' })), 'signature-wrong');
  assert.equal(await codeOf(received({ body: Buffer.from('{}') })), 'digest-mismatch');
  assert.equal(
    await codeOf(received({ body: Buffer.from('{}') }, { 'content-digest': contentDigest(Buffer.from('{}')) })),
    'signature-wrong',
  );
  assert.equal(await codeOf(received({}, { 'content-type': 'text/plain' })), 'signature-wrong');
  assert.equal(await codeOf(received({ resolveKey: () => undefined })), 'key-unknown');
  assert.equal(await codeOf(received({ resolveKey: () => generateSigningKey().verifyKey })), 'key-unknown');
  assert.equal(await codeOf(received({}, { signature: undefined })), 'signature-missing');
  assert.equal(await codeOf(received({}, { signature: 'kiban=:AAAA:' })), 'signature-malformed');
});

test('a request is good from half a minute before its time to five minutes after', async () => {
  assert.equal(await codeOf(received({ nowSeconds: nowSeconds - 30 })), 'ok');
  assert.equal(await codeOf(received({ nowSeconds: nowSeconds - 31 })), 'created-in-future');
  assert.equal(await codeOf(received({ nowSeconds: nowSeconds + 300 })), 'ok');
  assert.equal(await codeOf(received({ nowSeconds: nowSeconds + 301 })), 'signature-expired');
});

test('a body under a signature that does not cover its type is refused', async () => {
  const headers = {
    ...signRequest({ ...target, key, createdSeconds: nowSeconds, nonce }),
    'content-type': 'application/json',
  };
  assert.equal(await codeOf(received({ headers })), 'digest-mismatch');
});

test('other components, parameters or labels than those of the profile are malformed', async () => {
  const { 'signature-input': input } = signRequest({ ...signed, nonce });
  for (const other of [
    input.replace('"@method" ', ''),
    input.replace('kiban=', 'other='),
    input.replace('tag="kiban-v1"', 'tag="web"'),
    input.replace('alg="ed25519"', 'alg="hmac-sha256"'),
    `${input}, b=("@method")`,
  ])
    assert.equal(await codeOf(received({}, { 'signature-input': other })), 'signature-malformed', other);
});
