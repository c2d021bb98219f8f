// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, digestSchema, type OrganisationId, organisationIdSchema, sha256Hex } from '@kiban/core';
import { decodeBase64, type SigningKey } from '@kiban/crypto';
import * as z from 'zod';
import { type Attempt, memberOf } from './attempt.ts';
import type { MemberStage } from './effects.ts';
import { openEnvelope, parseCanonical, signEnvelope } from './envelope.ts';
import { refuse } from './refusal.ts';
import { toHex } from './transcript.ts';

/** Padded base64 of exactly so many bytes, read as bytes. */
function bytesOf(length?: number) {
  return z.string().transform((text, context) => {
    const bytes = decodeBase64(text, length);
    if (bytes !== undefined) return bytes;
    context.addIssue({ code: 'custom', message: `base64 of ${length ?? 'some'} bytes` });
    return z.NEVER;
  });
}

/** Secret of 32 bytes and its coordinate. */
export const shareLength = 33;

const head = {
  v: z.literal(1),
  plan: digestSchema,
  from: organisationIdSchema,
  /** Hex transcript of the list before; the plan's digest at first. */
  before: digestSchema,
};

const shardSchema = z.strictObject({
  n: z.number().int().nonnegative(),
  length: z.number().int().positive(),
  sha256: digestSchema,
});

/** The bodies that members sign, by stage. */
const bodySchemas = {
  advertise: z.strictObject({ ...head, x25519: bytesOf(32), mlKem768: bytesOf(1184) }),
  share: z.strictObject({
    ...head,
    /** Commitments to the own-mask seed and to the box key. */
    self: bytesOf(32),
    box: bytesOf(32),
    /** Commitments to every share, one entry per member of U1. */
    shares: z.array(z.strictObject({ to: organisationIdSchema, self: bytesOf(32), box: bytesOf(32) })),
    /** SHA-256 of every part, one entry per peer of U1. */
    parts: z.array(z.strictObject({ to: organisationIdSchema, sha256: digestSchema })),
  }),
  confirm: z.strictObject({
    ...head,
    /** Commitments to the pair secrets with every peer of U2. */
    pairs: z.array(z.strictObject({ with: organisationIdSchema, commitment: bytesOf(32) })),
    /** All pair secrets in order of the peers' numbers, sealed under the key derived from the box key. */
    box: bytesOf(),
  }),
  manifest: z.strictObject({
    ...head,
    words: z.number().int().nonnegative(),
    bits: z.union([z.literal(8), z.literal(16), z.literal(32)]),
    shards: z.array(shardSchema),
    /** Masked scalars, 32 bits each, little-endian, in the plan's order. */
    scalars: bytesOf(),
    /** Salted commitment to the quantised file. */
    update: bytesOf(32),
  }),
  signature: z.strictObject(head),
  opening: z.strictObject({
    ...head,
    self: z.array(z.strictObject({ of: organisationIdSchema, share: bytesOf(shareLength) })),
    box: z.array(z.strictObject({ of: organisationIdSchema, share: bytesOf(shareLength) })),
  }),
  complaint: z.strictObject({
    ...head,
    code: z.enum(['part-unreadable', 'share-wrong', 'pair-disagrees']),
    against: organisationIdSchema,
  }),
} satisfies Record<MemberStage, z.ZodType>;

export type MessageBody<S extends MemberStage> = z.output<(typeof bodySchemas)[S]>;

const partSchema = z.strictObject({ ciphertext: z.string(), box: z.string() });
/** What one member sends to one peer at `share`, in base64: ML-KEM ciphertext, and the two shares sealed under the channel key. */
export type SharePart = z.output<typeof partSchema>;
export { partSchema as sharePartSchema };

const shareMessageSchema = z.strictObject({
  header: z.string(),
  parts: z.array(z.strictObject({ to: organisationIdSchema, part: partSchema })),
});

export function partDigest(part: SharePart): string {
  return sha256Hex(canonicalJson(part));
}

/** The whole `share` message: the signed header, and the parts that its hashes bind. */
export function encodeShareMessage(header: string, parts: readonly { to: OrganisationId; part: SharePart }[]): string {
  return canonicalJson({ header, parts });
}

export function readShareMessage(text: string): z.output<typeof shareMessageSchema> {
  return parseCanonical(shareMessageSchema, text, 'message-malformed');
}

/** Signs a body; `fields` are JSON values, bytes as base64. */
export function signMessage(
  attempt: Attempt,
  stage: MemberStage,
  from: OrganisationId,
  before: Uint8Array,
  fields: object,
  key: SigningKey,
): string {
  return signEnvelope(stage, { v: 1, plan: attempt.planDigest, from, before: toHex(before), ...fields }, key);
}

/** Verifies, then parses, a member's signed body, and checks that it belongs to this plan, member and point of the protocol. */
export function readMessage<S extends MemberStage>(
  attempt: Attempt,
  stage: S,
  from: string,
  before: Uint8Array | undefined,
  text: string,
): MessageBody<S> {
  const member = memberOf(attempt, from);
  const names = [member.organisation];
  const body = openEnvelope(stage, text, member.verifyKey, {
    malformed: 'message-malformed',
    signature: 'message-signature-wrong',
  });
  const parsed = parseCanonical(bodySchemas[stage], body, 'message-malformed') as MessageBody<S>;
  if (parsed.plan !== attempt.planDigest) refuse('message-misdirected', 'plan', names);
  if (parsed.from !== member.organisation) refuse('message-misdirected', 'from', names);
  if (before !== undefined && parsed.before !== toHex(before)) refuse('message-misdirected', 'before', names);
  return parsed;
}

/** Entries keyed by organisation; refused unless they name exactly the given members, in order. */
export function entriesFor<E>(
  entries: readonly E[],
  nameOf: (entry: E) => OrganisationId,
  expected: readonly OrganisationId[],
  from: OrganisationId,
): ReadonlyMap<OrganisationId, E> {
  const complete = entries.length === expected.length && entries.every((entry, i) => nameOf(entry) === expected[i]);
  if (!complete) refuse('commitments-incomplete', '', [from]);
  return new Map(entries.map((entry) => [nameOf(entry), entry]));
}
