// SPDX-License-Identifier: Apache-2.0
import { type BareItem, type Dictionary, parseDictionary, serializeInnerList } from 'structured-headers';
import { type ContentDigest, contentDigestMatches, parseContentDigest } from './content-digest.ts';
import { requestLifetimeSeconds, requestSkewSeconds } from './request-signature.ts';
import { signatureBase } from './signature-base.ts';
import { type VerifyKey, verifyBytes } from './signing-key.ts';

export interface RequestToVerify {
  readonly method: string;
  /** Rebuilt from the configured public origin and the raw path and query; never from `Host`. */
  readonly targetUri: string;
  /** Lower-case names, as of `IncomingMessage.headers`. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Raw bytes; or `deferred`, when the caller checks the returned `contentDigest` while it reads the body. */
  readonly body: Uint8Array | 'deferred';
  /** The key, if it is enrolled with role `message` and was valid at that time. */
  readonly resolveKey: (
    keyId: string,
    createdSeconds: number,
  ) => VerifyKey | undefined | Promise<VerifyKey | undefined>;
  readonly nowSeconds: number;
}

/** For the log only: callers outside get one same 401, see `requestUnauthenticated`. */
export type RequestRefusal =
  | 'signature-missing'
  | 'signature-malformed'
  | 'created-in-future'
  | 'signature-expired'
  | 'key-unknown'
  | 'digest-mismatch'
  | 'signature-wrong';

export type RequestVerification =
  | {
      readonly ok: true;
      readonly keyId: string;
      /** The caller inserts (keyId, nonce) atomically and refuses the request when it was there: replay. Keep it until `expiresSeconds`. */
      readonly nonce: string;
      readonly createdSeconds: number;
      readonly expiresSeconds: number;
      readonly contentDigest: readonly ContentDigest[];
    }
  | { readonly ok: false; readonly code: RequestRefusal };

const withBody = ['@method', '@target-uri', 'content-digest', 'content-type'];
const withoutBody = withBody.slice(0, 3);
const parameterNames = ['alg', 'created', 'expires', 'keyid', 'nonce', 'tag'];

/**
 * Verifies what {@link signRequest} makes, in this order: label, tag, algorithm, component list; times; key; content digest; signature.
 * The received text of the parameters is what is signed, whatever their order.
 */
export async function verifyRequest(request: RequestToVerify): Promise<RequestVerification> {
  const input = single(request.headers['signature-input']);
  const signatureField = single(request.headers.signature);
  const digestField = single(request.headers['content-digest']);
  if (input === undefined || signatureField === undefined || digestField === undefined)
    return refuse('signature-missing');
  const parsed = parseInput(input);
  const signature = parseSignature(signatureField);
  const digests = parseContentDigest(digestField);
  if (parsed === undefined || signature === undefined || digests === undefined) return refuse('signature-malformed');
  const contentType = single(request.headers['content-type']);
  if (parsed.coversContentType && contentType === undefined) return refuse('signature-malformed');

  const { createdSeconds, expiresSeconds } = parsed;
  if (createdSeconds > request.nowSeconds + requestSkewSeconds) return refuse('created-in-future');
  if (
    createdSeconds < request.nowSeconds - requestLifetimeSeconds ||
    expiresSeconds < request.nowSeconds ||
    expiresSeconds < createdSeconds ||
    expiresSeconds - createdSeconds > requestLifetimeSeconds
  )
    return refuse('signature-expired');

  const key = await request.resolveKey(parsed.keyId, createdSeconds);
  if (key === undefined || key.keyId !== parsed.keyId) return refuse('key-unknown');

  if (request.body !== 'deferred' && !contentDigestMatches(digests, request.body)) return refuse('digest-mismatch');
  // Without a covered content type only an empty body is allowed, else its type could be changed on the way.
  if (!parsed.coversContentType && !contentDigestMatches(digests, new Uint8Array(0))) return refuse('digest-mismatch');

  const components: [string, string][] = [
    ['@method', request.method.toUpperCase()],
    ['@target-uri', request.targetUri],
    ['content-digest', digestField],
  ];
  if (parsed.coversContentType) components.push(['content-type', contentType as string]);
  const base = Buffer.from(signatureBase(components, parsed.text));
  if (!verifyBytes(key, base, signature)) return refuse('signature-wrong');
  return { ok: true, keyId: parsed.keyId, nonce: parsed.nonce, createdSeconds, expiresSeconds, contentDigest: digests };
}

interface SignatureInput {
  /** The member's value exactly as received. */
  readonly text: string;
  readonly coversContentType: boolean;
  readonly createdSeconds: number;
  readonly expiresSeconds: number;
  readonly nonce: string;
  readonly keyId: string;
}

function parseInput(field: string): SignatureInput | undefined {
  const dictionary = parseFields(field);
  const member = dictionary?.get('kiban');
  if (dictionary?.size !== 1 || member === undefined || !Array.isArray(member[0])) return undefined;
  const [items, parameters] = member as [[BareItem, Map<string, BareItem>][], Map<string, BareItem>];
  const text = field.slice('kiban='.length);
  if (!field.startsWith('kiban=') || serializeInnerList([items, parameters]) !== text) return undefined;
  if (items.some(([, itemParameters]) => itemParameters.size > 0)) return undefined;
  const names = items.map(([name]) => name);
  const coversContentType = names.length === withBody.length;
  const expected = coversContentType ? withBody : withoutBody;
  if (names.length !== expected.length || names.some((name, index) => name !== expected[index])) return undefined;
  if ([...parameters.keys()].sort().join() !== parameterNames.join()) return undefined;
  const created = parameters.get('created');
  const expires = parameters.get('expires');
  const nonce = parameters.get('nonce');
  const keyId = parameters.get('keyid');
  if (parameters.get('alg') !== 'ed25519' || parameters.get('tag') !== 'kiban-v1') return undefined;
  if (!Number.isSafeInteger(created) || !Number.isSafeInteger(expires)) return undefined;
  if (typeof nonce !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(nonce) || typeof keyId !== 'string') return undefined;
  return {
    text,
    coversContentType,
    createdSeconds: created as number,
    expiresSeconds: expires as number,
    nonce,
    keyId,
  };
}

function parseSignature(field: string): Uint8Array | undefined {
  const dictionary = parseFields(field);
  const value = dictionary?.get('kiban')?.[0];
  if (dictionary?.size !== 1 || !(value instanceof ArrayBuffer) || value.byteLength !== 64) return undefined;
  return new Uint8Array(value);
}

function parseFields(field: string): Dictionary | undefined {
  try {
    return parseDictionary(field);
  } catch {
    return undefined;
  }
}

function single(value: string | readonly string[] | undefined): string | undefined {
  if (typeof value === 'string') return value.trim();
  return value?.length === 1 ? value[0]?.trim() : undefined;
}

function refuse(code: RequestRefusal): RequestVerification {
  return { ok: false, code };
}
