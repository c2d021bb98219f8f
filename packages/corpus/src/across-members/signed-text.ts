// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalJson, KibanError, type Localised, type OrganisationId } from '@kiban/core';
import { decodeBase64, encodeBase64, type SigningKey, signBytes, verifyBytes, verifyKeyFromSpki } from '@kiban/crypto';
import { type DuplicateTerms, signedTextSchema } from '@kiban/protocol';
import type * as z from 'zod';

/** Injective: a label, then each part behind its length (32 bits, big-endian). */
export function encodeParts(label: string, parts: readonly (Uint8Array | string)[]): Uint8Array {
  const pieces: Uint8Array[] = [Buffer.from(`kiban/dedup/v1/${label}\n`)];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    pieces.push(length, bytes);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

export function hashParts(label: string, parts: readonly (Uint8Array | string)[]): Buffer {
  return createHash('sha256').update(encodeParts(label, parts)).digest();
}

/** Canonical JSON `{body, signature}`; the signature (Ed25519, round key) is over stage and body. */
export function signText(stage: string, body: object, key: SigningKey): string {
  const text = canonicalJson(body);
  return canonicalJson({ body: text, signature: encodeBase64(signBytes(key, hashParts('sign', [stage, text]))) });
}

/** The body of a member's text, if that member signed it. @throws KibanError `epoch-key-refused` naming the member */
export function readSignedText<S extends z.ZodType<{ from: OrganisationId }>>(
  terms: DuplicateTerms,
  stage: string,
  from: OrganisationId,
  schema: S,
  text: string,
): z.output<S> {
  const member = terms.members.find((own) => own.organisation === from);
  if (member === undefined)
    throw epochKeyRefused(from, { ja: 'この照合のメンバーではありません', en: 'not a member of this exchange' });
  const envelope = signedTextSchema.safeParse(parseJson(text));
  const signature = envelope.success ? decodeBase64(envelope.data.signature, 64) : undefined;
  if (!envelope.success || signature === undefined)
    throw epochKeyRefused(from, { ja: '署名付きの文ではありません', en: 'not a signed text' });
  const { body } = envelope.data;
  if (!verifyBytes(verifyKeyFromSpki(member.roundKey), hashParts('sign', [stage, body]), signature))
    throw epochKeyRefused(from, {
      ja: '署名が照合条件のラウンド鍵のものではありません',
      en: 'the signature is not of the round key in the terms',
    });
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success || parsed.data.from !== from)
    throw epochKeyRefused(from, { ja: '文の形式が正しくありません', en: 'the text is malformed' });
  return parsed.data;
}

/** @param organisation whose message it is about */
export function epochKeyRefused(organisation: string, reason: Localised): KibanError {
  return new KibanError({
    code: 'epoch-key-refused',
    status: 409,
    title: { ja: '重複照合の鍵を受け付けられません', en: 'The key for comparison is refused' },
    detail: {
      ja: `${organisation} の鍵メッセージに問題があります (${reason.ja})。照合は行われていません。運営者に、新しい照合を始めるよう連絡してください。`,
      en: `The key message of ${organisation}: ${reason.en}. Nothing was compared. Ask the operator to open another exchange.`,
    },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
