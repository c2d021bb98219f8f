// SPDX-License-Identifier: Apache-2.0
import { digestSchema, organisationIdSchema } from '@kiban/core';
import * as z from 'zod';

/**
 * Comparing duplicates across members, one exchange per epoch: members advertise fresh agreement keys, the first of them draws the epoch key and
 * seals it to the others, all upload tokens, and each gets its own flags. Texts are signed as sent and never re-serialised.
 */
export const duplicateTermsSchema = z.strictObject({
  version: z.literal(1),
  /** 2 to 40 of a-z, 0-9 and -; never used again. */
  exchange: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
  /** Of the shadows: tokens of different Unicode versions do not meet. */
  unicode: z.string().min(1).max(20),
  /** In ascending order; the first one draws the key. */
  members: z
    .array(z.strictObject({ organisation: organisationIdSchema, roundKey: z.string().min(1).max(200) }))
    .min(2)
    .max(64),
});
/** What an exchange is about; its canonical JSON is hashed into everything that is signed. */
export type DuplicateTerms = z.output<typeof duplicateTermsSchema>;

const base64Schema = z.base64().max(4_096);

/** Canonical JSON text of the body, and an Ed25519 signature over it with the round key. */
export const signedTextSchema = z.strictObject({ body: z.string().max(1 << 20), signature: base64Schema });

export const epochAdvertiseSchema = z.strictObject({
  stage: z.literal('advertise'),
  from: organisationIdSchema,
  /** SHA-256 of the terms' canonical JSON. */
  terms: digestSchema,
  /** Public keys, made for this exchange alone: 32 and 1,184 bytes. */
  x25519: base64Schema,
  mlKem768: base64Schema,
});
export type EpochAdvertise = z.output<typeof epochAdvertiseSchema>;

export const epochSealSchema = z.strictObject({
  stage: z.literal('seal'),
  from: organisationIdSchema,
  /** SHA-256 over terms and all advertised texts. */
  transcript: digestSchema,
  parts: z.array(z.strictObject({ to: organisationIdSchema, ciphertext: base64Schema, box: base64Schema })).max(63),
});
export type EpochSeal = z.output<typeof epochSealSchema>;

/** GET .../duplicate-exchanges/:exchange: all that a member needs to go on from wherever it was. */
export const duplicateExchangeStateSchema = z.strictObject({
  /** The terms as every member signs them. */
  terms: z.string(),
  /** Advertised texts, in the order of members. */
  advertised: z.array(z.strictObject({ organisation: organisationIdSchema, text: z.string() })),
  /** The first member's seal; null before it is there. */
  sealed: z.string().nullable(),
  /** Members whose tokens are in. */
  uploaded: z.array(organisationIdSchema),
});
export type DuplicateExchangeState = z.output<typeof duplicateExchangeStateSchema>;

/** PUT .../tokens: 20-byte entries, a token then a number, see `makeTokenUpload`. */
export const duplicateTokensContentType = 'application/vnd.kiban.duplicate-tokens';
/** GET .../flags: one bit per number, 1 for kept, lowest bit first; nothing else. */
export const duplicateFlagsContentType = 'application/vnd.kiban.duplicate-flags';
