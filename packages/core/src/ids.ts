// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import * as z from 'zod';

/** Lower-case letters, digits and hyphens, 2 to 40 characters, starting with a letter: safe in URLs, file names and logs. */
const slug = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'use 2 to 40 of a-z, 0-9 and -, starting with a letter');

export const organisationIdSchema = slug.brand<'OrganisationId'>();
/** Names one member company, for example `steel`. Members are ordered by it (UTF-8 byte order). */
export type OrganisationId = z.infer<typeof organisationIdSchema>;

export const programmeIdSchema = slug.brand<'ProgrammeId'>();
/** Names one governed plan to train something. */
export type ProgrammeId = z.infer<typeof programmeIdSchema>;

export const dataSetIdSchema = slug.brand<'DataSetId'>();
/** Names one data set inside one node. */
export type DataSetId = z.infer<typeof dataSetIdSchema>;

export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'use 64 lower-case hexadecimal characters')
  .brand<'Sha256Digest'>();
/** SHA-256 of exact bytes, 64 lower-case hexadecimal characters. */
export type Sha256Digest = z.infer<typeof digestSchema>;

/** A time-ordered UUID (RFC 9562 section 5.7), for request ids and records. */
export function uuidV7(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
