// SPDX-License-Identifier: Apache-2.0
import type { Clock, Logger, OrganisationId, Sha256Digest } from '@kiban/core';
import { requestUnauthenticated, verifyKeyFromSpki, verifyRequest } from '@kiban/crypto';
import { joinRequestSchema } from '@kiban/protocol';
import type { FastifyRequest } from 'fastify';
import type { Members } from './members.ts';
import { bodyOf } from './request-body.ts';

/** What is kept with a record that a member caused: it proves later who asked for what, without trusting the hub. */
export interface RequestEvidence {
  readonly method: string;
  readonly targetUri: string;
  readonly contentDigest: string;
  readonly signatureInput: string;
  readonly signature: string;
}

export interface Caller {
  readonly organisation: OrganisationId;
  readonly evidence: RequestEvidence;
}

export interface Authenticator {
  /** Verifies the request's signature over its raw bytes. @throws KibanError `request-unauthenticated` (401), whatever failed. */
  authenticate(request: FastifyRequest): Promise<Caller>;
  /** The same on the headers alone, before the body is read: the caller holds the body against the digest that was signed. */
  authenticateHeaders(request: FastifyRequest): Promise<Caller & { readonly sha256: Sha256Digest }>;
  /** For joining: the key is taken from the body, so this proves possession of the key that is to be enrolled. */
  authenticateJoin(request: FastifyRequest): Promise<RequestEvidence>;
}

export interface AuthenticatorOptions {
  readonly members: Members;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Known once the server listens; never taken from the Host field. */
  readonly publicOrigin: () => string;
}

export function createAuthenticator({ members, clock, logger, publicOrigin }: AuthenticatorOptions): Authenticator {
  async function verify(
    request: FastifyRequest,
    body: Uint8Array | 'deferred',
    resolveKey: Parameters<typeof verifyRequest>[0]['resolveKey'],
  ) {
    const targetUri = `${publicOrigin()}${request.raw.url ?? '/'}`;
    const result = await verifyRequest({
      method: request.method,
      targetUri,
      headers: request.headers,
      body,
      resolveKey,
      nowSeconds: clock.nowMs() / 1000,
    });
    if (!result.ok) {
      logger.warn('request-refused', {
        code: result.code,
        method: request.method,
        route: request.routeOptions.url ?? '',
      });
      throw requestUnauthenticated();
    }
    // Reading changes nothing, so replaying a read gives an attacker nothing that the connection did not; writes are once only.
    if (request.method !== 'GET' && !(await members.useNonce(result.keyId, result.nonce, result.expiresSeconds))) {
      logger.warn('request-refused', {
        code: 'replayed',
        method: request.method,
        route: request.routeOptions.url ?? '',
      });
      throw requestUnauthenticated();
    }
    const evidence: RequestEvidence = {
      method: request.method,
      targetUri,
      contentDigest: String(request.headers['content-digest']),
      signatureInput: String(request.headers['signature-input']),
      signature: String(request.headers.signature),
    };
    return { evidence, digests: result.contentDigest };
  }

  async function verifyMember(request: FastifyRequest, body: Uint8Array | 'deferred') {
    let organisation: OrganisationId | undefined;
    const { evidence, digests } = await verify(request, body, async (keyId) => {
      const found = await members.byMessageKey(keyId);
      organisation = found?.organisation;
      return found?.key;
    });
    if (organisation === undefined) throw requestUnauthenticated();
    await members.seen(organisation);
    return { organisation, evidence, digests };
  }

  return {
    async authenticate(request) {
      const { organisation, evidence } = await verifyMember(request, bodyOf(request));
      return { organisation, evidence };
    },
    async authenticateHeaders(request) {
      const { organisation, evidence, digests } = await verifyMember(request, 'deferred');
      const [digest, ...others] = digests;
      // One digest is computed while the body arrives; a second one would go unchecked.
      if (digest?.algorithm !== 'sha-256' || others.length > 0) throw requestUnauthenticated();
      return { organisation, evidence, sha256: Buffer.from(digest.value).toString('hex') as Sha256Digest };
    },
    async authenticateJoin(request) {
      const body: unknown =
        request.body instanceof Uint8Array ? JSON.parse(Buffer.from(request.body).toString('utf8')) : undefined;
      const join = joinRequestSchema.safeParse(body);
      if (!join.success) throw requestUnauthenticated();
      const key = verifyKeyFromSpki(join.data.messageKey);
      const { evidence } = await verify(request, bodyOf(request), (keyId) => (keyId === key.keyId ? key : undefined));
      return evidence;
    },
  };
}
