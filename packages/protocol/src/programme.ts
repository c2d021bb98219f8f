// SPDX-License-Identifier: Apache-2.0
import { digestSchema, organisationIdSchema, programmeIdSchema } from '@kiban/core';
import * as z from 'zod';
import { signedDataCardSchema } from './data-card.ts';
import { dataClassSchema } from './data-class.ts';

/**
 * proposed: members decide · tokenizing: members agree on a vocabulary, where the plan says so · preparing: the start model is made, and from the
 * public corpus alone the tokenizer if none was agreed · running: rounds ·
 * evaluating: members score start model and shared base · released · stopped: by the operator · failed: by a rule, with a reason.
 */
export const programmePhaseSchema = z.enum([
  'proposed',
  'tokenizing',
  'preparing',
  'running',
  'evaluating',
  'released',
  'stopped',
  'failed',
]);
export type ProgrammePhase = z.output<typeof programmePhaseSchema>;

/** POST /v1/programmes/{id}/decision: one organisation's answer, signed by its request. Data sets are named by the node; contents never leave. */
export const decisionSchema = z.strictObject({
  planDigest: digestSchema,
  decision: z.enum(['approve', 'refuse']),
  /** Who decided, as the organisation names them. */
  steward: z.string().min(1).max(100),
  reason: z.string().max(2_000).default(''),
  dataSets: z
    .array(z.strictObject({ id: z.string().max(64), dataClass: dataClassSchema, basis: z.string().max(200) }))
    .max(1_000),
});
export type Decision = z.output<typeof decisionSchema>;

const fileReferenceSchema = z.strictObject({ digest: digestSchema, byteLength: z.int().nonnegative() });
export type FileReference = z.output<typeof fileReferenceSchema>;

/** What the start trainer made from the public corpus alone. */
export const startArtifactsSchema = z.strictObject({
  /** `tokenizer.json` */
  tokenizer: fileReferenceSchema,
  /** safetensors, float32 */
  model: fileReferenceSchema,
  /** Root mean square of the last public pseudo-gradient per block, little-endian float32: the first scales come from it. */
  blockRms: fileReferenceSchema,
  /** Held-out loss of the start model on the public corpus, nats per token. */
  publicLoss: z.number(),
});
export type StartArtifacts = z.output<typeof startArtifactsSchema>;

/** An instance of secure aggregation that a node should take part in now. */
export const openInstanceSchema = z.strictObject({ instance: z.string(), attempt: z.int().positive() });

export const openRoundSchema = z.strictObject({
  /** From 1. */
  round: z.int().positive(),
  base: fileReferenceSchema,
  /** Block scales, little-endian float32. */
  scales: fileReferenceSchema,
  /** A longer update is scaled down to this norm by its member. */
  clipNorm: z.number().positive(),
  update: openInstanceSchema.nullable(),
  /** Present while the members are asked for their held-out losses. */
  gate: openInstanceSchema.extend({ candidate: fileReferenceSchema }).nullable(),
});
export type OpenRound = z.output<typeof openRoundSchema>;

/** Merges as symbol numbers: 0 to 255 a byte, 256 + n the n-th merge. The body of the files that a round on the tokenizer names. */
export const mergeListSchema = z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()]));

/** What members are asked about the vocabulary: a sketch of all pairs, then exact counts of the heaviest. */
export const openTokenizerRoundSchema = openInstanceSchema.extend({
  /** From 1. */
  round: z.int().positive(),
  /** Merges agreed so far, public ones first. */
  merges: fileReferenceSchema,
  /** Null while all pairs are sketched. */
  candidates: fileReferenceSchema.extend({ count: z.int().positive() }).nullable(),
});
export type OpenTokenizerRound = z.output<typeof openTokenizerRoundSchema>;

/** What the members agreed on. */
export const agreedTokenizerSchema = z.strictObject({
  /** `tokenizer.json` */
  tokenizer: fileReferenceSchema,
  /** `tokenizer.json` of the same size from public text alone, to measure against. */
  publicOnly: fileReferenceSchema,
  /** The tokens that came from the members, for people to review: {@link tokenRecordSchema}. */
  record: fileReferenceSchema,
  rounds: z.int().nonnegative(),
  agreedMerges: z.int().nonnegative(),
  newTokens: z.int().nonnegative(),
});
export type AgreedTokenizerFiles = z.output<typeof agreedTokenizerSchema>;

/** Part of a programme's record: every token that public text alone would not have given. */
export const tokenRecordSchema = z.strictObject({
  version: z.literal(1),
  programme: programmeIdSchema,
  planDigest: digestSchema,
  tokens: z.array(
    z.strictObject({
      id: z.int().nonnegative(),
      /** Null for a part of a character. */
      text: z.string().nullable(),
      /** Its bytes. */
      hex: z.string(),
      round: z.int().positive(),
      /** Documents of all members together that held it, rounded to two digits, and members. */
      documents: z.int().nonnegative(),
      members: z.int().nonnegative(),
    }),
  ),
  /** How many pairs were refused, by reason. */
  refused: z.record(z.string(), z.int().nonnegative()),
});
export type TokenRecord = z.output<typeof tokenRecordSchema>;

export const roundSummarySchema = z.strictObject({
  round: z.int().positive(),
  outcome: z.enum(['accepted', 'rejected', 'burnt']),
  reason: z.string(),
  attempts: z.int().positive(),
  members: z.array(organisationIdSchema),
  /** Means over the members that answered, nats per token; null where unknown. */
  trainingLoss: z.number().nullable(),
  heldOutLossBefore: z.number().nullable(),
  heldOutLossAfter: z.number().nullable(),
  updateNorm: z.number().nullable(),
  clippedFraction: z.number().nullable(),
  /** Masked bytes that the hub took in. */
  maskedBytes: z.int().nonnegative(),
  tokens: z.int().nonnegative(),
  durationMs: z.int().nonnegative(),
  baseDigest: digestSchema,
});
export type RoundSummary = z.output<typeof roundSummarySchema>;

/** POST /v1/programmes/{id}/scores: a member's own held-out figures, published by consent. */
export const memberScoresSchema = z.strictObject({
  tokens: z.int().positive(),
  textBytes: z.int().positive(),
  /** Sums of nats over the same held-out tokens. */
  startNats: z.number().nonnegative(),
  baseNats: z.number().nonnegative(),
  /** Where a tokenizer was agreed: held-out text in UTF-16 code units, and its tokens under the agreed and the public-only tokenizer. */
  vocabulary: z
    .strictObject({
      characters: z.int().positive(),
      agreedTokens: z.int().positive(),
      publicTokens: z.int().positive(),
    })
    .nullable()
    .default(null),
});
export type MemberScores = z.output<typeof memberScoresSchema>;

export const programmeStateSchema = z.strictObject({
  programme: programmeIdSchema,
  /** Grows with every change; a long poll waits for a greater one. */
  version: z.int().nonnegative(),
  phase: programmePhaseSchema,
  reason: z.string(),
  planDigest: digestSchema,
  planText: z.string(),
  publicCorpus: fileReferenceSchema,
  decisions: z.array(decisionSchema.extend({ organisation: organisationIdSchema, decidedAtMs: z.int() })),
  tokenizerRound: openTokenizerRoundSchema.nullable(),
  agreedTokenizer: agreedTokenizerSchema.nullable(),
  start: startArtifactsSchema.nullable(),
  round: openRoundSchema.nullable(),
  rounds: z.array(roundSummarySchema),
  /** The newest accepted base. */
  base: fileReferenceSchema.nullable(),
  scores: z.array(memberScoresSchema.extend({ organisation: organisationIdSchema })),
  /** What stewards let the hub have of their data cards, each signed by its organisation. */
  dataCards: z.array(signedDataCardSchema),
  release: z.string().nullable(),
});
export type ProgrammeState = z.output<typeof programmeStateSchema>;

export const programmeListSchema = z.strictObject({
  programmes: z.array(z.strictObject({ programme: programmeIdSchema, version: z.int(), phase: programmePhaseSchema })),
});
