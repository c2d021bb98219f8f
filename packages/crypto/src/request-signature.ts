// SPDX-License-Identifier: Apache-2.0

import { encodeBase64 } from './base64.ts';
import { contentDigest } from './content-digest.ts';
import { signatureBase } from './signature-base.ts';
import { type SigningKey, signBytes } from './signing-key.ts';

/** Longest life of a signed request, and how far `created` may lie behind, in seconds. */
export const requestLifetimeSeconds = 300;
/** How far `created` may lie ahead of the verifier's clock, in seconds. */
export const requestSkewSeconds = 30;

export interface RequestToSign {
  readonly method: string;
  /** Absolute, with query, exactly as the verifier rebuilds it from its public origin. */
  readonly targetUri: string;
  readonly body?: Uint8Array | undefined;
  /** Needed with a body; covered by the signature then. */
  readonly contentType?: string | undefined;
  /** Instead of hashing `body`, for streamed uploads and known digests: the `Content-Digest` field of a body that is not empty. */
  readonly contentDigest?: string | undefined;
  readonly key: SigningKey;
  readonly createdSeconds: number;
  /** 16 random bytes in base64url. Drawn by the caller: one per request, also on retries. */
  readonly nonce: string;
}

export interface SignedRequestHeaders {
  readonly 'content-digest': string;
  readonly 'signature-input': string;
  readonly signature: string;
}

/**
 * HTTP message signature (RFC 9421) in the one profile that Kiban speaks: label `kiban`, tag `kiban-v1`, Ed25519, method, target,
 * content digest (RFC 9530) and, with a body, the content type. Send the headers as they are, beside `content-type`.
 */
export function signRequest(request: RequestToSign): SignedRequestHeaders {
  const hasBody = request.contentDigest !== undefined || (request.body?.length ?? 0) > 0;
  if (hasBody && request.contentType === undefined) throw new TypeError('a body needs a content type');
  const digest = request.contentDigest ?? contentDigest(request.body ?? new Uint8Array(0));
  const components: [string, string][] = [
    ['@method', request.method.toUpperCase()],
    ['@target-uri', request.targetUri],
    ['content-digest', digest],
  ];
  if (hasBody) components.push(['content-type', (request.contentType as string).trim()]);
  const created = Math.floor(request.createdSeconds);
  const list = components.map(([name]) => `"${name}"`).join(' ');
  const params =
    `(${list});created=${created};expires=${created + requestLifetimeSeconds};nonce="${request.nonce}"` +
    `;keyid="${request.key.keyId}";alg="ed25519";tag="kiban-v1"`;
  const signature = signBytes(request.key, Buffer.from(signatureBase(components, params)));
  return {
    'content-digest': digest,
    'signature-input': `kiban=${params}`,
    signature: `kiban=:${encodeBase64(signature)}:`,
  };
}
