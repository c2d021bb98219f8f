// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, digestSchema, organisationIdSchema, sha256Hex } from '@kiban/core';
import { type RecordSignature, type SigningKey, signRecord, type VerifyKey, verifyRecord } from '@kiban/crypto';
import * as z from 'zod';
import { dataClassSchema } from './data-class.ts';

/** What of its data cards a steward lets go to the hub: nothing, counts and terms, or everything. No card holds a file name. */
export const cardShareSchema = z.enum(['nothing', 'summary', 'full']);
export type CardShare = z.output<typeof cardShareSchema>;

const count = z.int().nonnegative();
/** Counts by a code of ours, never by anything that a document could have brought in. */
const countsByCode = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}(\/[a-z0-9-]{1,20})?$/), count)
  .refine((counts) => Object.keys(counts).length <= 200, 'at most 200 codes');

const shardSchema = z.strictObject({
  sha256: digestSchema,
  byteLength: count,
  rows: count,
  documents: count,
  tokens: count,
});

const detailsSchema = z.strictObject({
  pipeline: z.strictObject({
    /** Names what was done to documents: version, settings, Unicode tables. */
    digest: digestSchema,
    profile: z.string().regex(/^[a-z0-9-]{1,40}$/),
    icu: z.string().regex(/^[0-9.]{0,20}$/),
    unicode: z.string().regex(/^[0-9.]{0,20}$/),
  }),
  /** Files by what they are. */
  composition: z.strictObject({ byFormat: countsByCode, byEncoding: countsByCode }),
  /** Whole files that gave nothing, by reason. */
  refusedFiles: countsByCode,
  /** Lines, rows or records that were passed over, by reason. */
  faults: countsByCode,
  /** Documents that ended in the pipeline, by reason. */
  droppedDocuments: countsByCode,
  /** Rules of the quality profile that dropped documents missed; one may miss several. */
  qualityRules: countsByCode,
  /** Findings by `class/action`. */
  personalData: countsByCode,
  /** Null while nothing is packed. */
  packing: z
    .strictObject({
      tokenizer: digestSchema,
      sequenceLength: z.int().positive(),
      heldOutPerMille: z.int().min(0).max(1_000),
      training: shardSchema,
      heldOut: shardSchema,
    })
    .nullable(),
});

/** What is said of a data set: numbers and names of ours, and the three terms that its steward wrote. */
export const dataCardSchema = z.strictObject({
  version: z.literal(1),
  organisation: organisationIdSchema,
  dataSet: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
  dataClass: dataClassSchema,
  /** Licence, or the legal basis of the use. */
  basis: z.string().max(200),
  purpose: z.string().max(500),
  preparedAt: z.iso.datetime(),
  /** SHA-256 of the report's canonical JSON; the report stays at home. */
  reportDigest: digestSchema,
  /** Of a summary: SHA-256 of the full card's canonical JSON. */
  fullCardDigest: digestSchema.nullable(),
  counts: z.strictObject({
    files: z.strictObject({ total: count, kept: count, partlyKept: count, refused: count, bytes: count }),
    preparedDocuments: count,
    dropped: count,
    /** Findings of personal data. */
    personalData: count,
    /** Null while nothing is packed. */
    packed: z
      .strictObject({
        documents: count,
        chats: count,
        duplicates: count,
        characters: count,
        tokens: count,
        trainingTokens: count,
        heldOutTokens: count,
      })
      .nullable(),
  }),
  /** Null in a summary. */
  details: detailsSchema.nullable(),
});
export type DataCard = z.output<typeof dataCardSchema>;

/** See `RecordSignature` of `crypto`. */
export const recordSignatureSchema = z.strictObject({
  algorithm: z.literal('ed25519'),
  keyId: z.string().max(64),
  publicKey: z.string().max(100),
  value: z.string().max(100),
}) satisfies z.ZodType<RecordSignature>;

export const signedDataCardSchema = z.strictObject({ card: dataCardSchema, signature: recordSignatureSchema });
/** A card and its organisation's signature over it. */
export type SignedDataCard = z.output<typeof signedDataCardSchema>;

const recordType = 'kiban/data-card/1';

export function signDataCard(card: DataCard, key: SigningKey): SignedDataCard {
  return { card, signature: signRecord(key, recordType, card) };
}

/** @returns the key that signed; whose it is, is for the caller to know. @throws KibanError `record-signature-invalid` (422) */
export function verifyDataCard({ card, signature }: SignedDataCard): VerifyKey {
  return verifyRecord(recordType, card, signature);
}

export function dataCardDigest(card: DataCard) {
  return sha256Hex(canonicalJson(card));
}

/** The card as it may leave the node. */
export function sharedPart(card: DataCard, share: Exclude<CardShare, 'nothing'>): DataCard {
  return share === 'full' ? card : { ...card, details: null, fullCardDigest: dataCardDigest(card) };
}
