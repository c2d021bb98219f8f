// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@kiban/core';
import { decodeBase64, encodeBase64, type SigningKey, signBytes, type VerifyKey, verifyBytes } from '@kiban/crypto';
import * as z from 'zod';
import type { RefusalCode } from './problems.ts';
import { refuse } from './refusal.ts';
import { h } from './transcript.ts';

const envelopeSchema = z.strictObject({ body: z.string(), signature: z.string() });

/** Longest text that is parsed at all, in UTF-16 units. */
const longestText = 64 * 1024 * 1024;

/** Canonical JSON `{body, signature}`: the body is canonical JSON as text, signed as sent with Ed25519 over `h("sign", kind, body)`. */
export function signEnvelope(kind: string, body: object, key: SigningKey): string {
  const text = canonicalJson(body);
  return canonicalJson({ body: text, signature: encodeBase64(signBytes(key, h('sign', [kind, text]))) });
}

/** The body's text, checked against the signature and not yet parsed. */
export function openEnvelope(
  kind: string,
  text: string,
  key: VerifyKey,
  codes: { readonly malformed: RefusalCode; readonly signature: RefusalCode },
): string {
  const envelope = parseCanonical(envelopeSchema, text, codes.malformed);
  const signature = decodeBase64(envelope.signature, 64);
  if (signature === undefined || !verifyBytes(key, h('sign', [kind, envelope.body]), signature))
    refuse(codes.signature);
  return envelope.body;
}

/** Parses text that must be the one canonical form of what the schema describes. */
export function parseCanonical<S extends z.ZodType>(schema: S, text: string, code: RefusalCode): z.output<S> {
  if (text.length > longestText) refuse(code, 'size');
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (canonicalJson(value) !== text) return refuse(code, 'not canonical JSON');
  } catch (error) {
    return error instanceof SyntaxError || error instanceof TypeError ? refuse(code, 'not JSON') : rethrow(error);
  }
  const result = schema.safeParse(value);
  if (!result.success) return refuse(code, result.error.issues[0]?.path.map(String).join('.') ?? '');
  return result.data;
}

function rethrow(error: unknown): never {
  throw error;
}
