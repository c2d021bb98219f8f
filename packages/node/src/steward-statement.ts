// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestSchema, organisationIdSchema, writeFileDurably } from '@kiban/core';
import { type SigningKey, signRecord, verifyRecord } from '@kiban/crypto';
import { dataCardDigest, recordSignatureSchema, type SignedDataCard } from '@kiban/protocol';
import * as z from 'zod';

const statementSchema = z.strictObject({
  version: z.literal(1),
  organisation: organisationIdSchema,
  dataSet: z.string(),
  /** What was signed: the report as it was, and the card that was made of it. */
  reportDigest: digestSchema,
  cardDigest: digestSchema,
  steward: z.string().min(1).max(100),
  remark: z.string().max(500),
  signedAt: z.iso.datetime(),
});

const signedStatementSchema = z.strictObject({ statement: statementSchema, signature: recordSignatureSchema });
/** A steward's word on the report of a preparation, under the key of the organisation. */
export type SignedStatement = z.output<typeof signedStatementSchema>;

const recordType = 'kiban/steward-statement/1';
const statementName = 'steward.json';

/** Signs the report that a card is of, and keeps the statement beside both. */
export async function signStatement(
  folder: string,
  { card }: SignedDataCard,
  by: { readonly steward: string; readonly remark: string },
  key: SigningKey,
  nowMs: number,
): Promise<SignedStatement> {
  const statement = statementSchema.parse({
    version: 1,
    organisation: card.organisation,
    dataSet: card.dataSet,
    reportDigest: card.reportDigest,
    cardDigest: dataCardDigest(card),
    steward: by.steward,
    remark: by.remark,
    signedAt: new Date(nowMs).toISOString(),
  });
  const signed = { statement, signature: signRecord(key, recordType, statement) };
  await writeFileDurably(join(folder, statementName), `${JSON.stringify(signed, null, 2)}\n`, { mode: 0o600 });
  return signed;
}

/** @returns undefined when nobody signed, or what is there is not under `keyId` */
export async function readStatement(folder: string, keyId: string): Promise<SignedStatement | undefined> {
  try {
    const signed = signedStatementSchema.parse(JSON.parse(await readFile(join(folder, statementName), 'utf8')));
    return verifyRecord(recordType, signed.statement, signed.signature).keyId === keyId ? signed : undefined;
  } catch {
    return undefined;
  }
}
