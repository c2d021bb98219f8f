// SPDX-License-Identifier: Apache-2.0
import { digestSchema, organisationIdSchema, programmeIdSchema } from '@kiban/core';
import * as z from 'zod';

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const scalarPlanSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9._/-]{0,79}$/),
  /** Largest absolute value of one member's integer, after scaling. */
  bound: z.number().int().positive().max(0x7fffffff),
  /** Fixed-point factor: the integer is `round(value * scale)`. */
  scale: z
    .number()
    .int()
    .positive()
    .max(2 ** 30)
    .default(1),
});

/** One named number that every member adds to the sum, in a 32-bit ring. */
export type ScalarPlan = z.output<typeof scalarPlanSchema>;

/**
 * What one attempt at one instance is: signed by the hub, checked by every member. All numbers are integers.
 * `wordCount` 0 means scalars only. `instance` is unique within the coalition for ever.
 */
export const aggregationPlanSchema = z.strictObject({
  version: z.literal(1),
  programme: programmeIdSchema,
  instance: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,119}$/),
  /** From 1; each new attempt at the instance is greater than all before. */
  attempt: z.number().int().positive().max(1_000_000),
  /** Sorted by organisation; `roundPublicKey` is the Ed25519 SPKI in base64, of role `round`. */
  roster: z
    .array(z.strictObject({ organisation: organisationIdSchema, roundPublicKey: z.string().max(200) }))
    .min(1)
    .max(64),
  /** t: signatures on one survivor set before any share leaves, and shares needed to rebuild a secret. */
  threshold: z.number().int().positive(),
  /** Least size of every list. */
  quorum: z.number().int().positive(),
  /** SHA-256 of the base model that the update starts from. */
  baseDigest: digestSchema,
  /** M: words of the vector. */
  wordCount: count,
  /** Ring of the words: 2^bits. */
  bits: z.union([z.literal(8), z.literal(16), z.literal(32)]),
  /** L: largest absolute level of one member. */
  levelLimit: z.number().int().positive(),
  /** SHA-256 of the block scales that all members quantise with. */
  scalesDigest: digestSchema,
  scalars: z.array(scalarPlanSchema).max(4096),
  /** Bytes of a shard (the last one may be short); a multiple of 64, at most 16 MiB. */
  shardBytes: z.number().int().positive(),
  prg: z.literal('aes-256-ctr/v1'),
  /** Milliseconds without progress after which a missing member is left behind. */
  graceMs: count,
  /** SHA-256 of further terms (clip, weights, privacy) that the programme fixes elsewhere. */
  termsDigest: digestSchema.optional(),
});

export type AggregationPlan = z.output<typeof aggregationPlanSchema>;
