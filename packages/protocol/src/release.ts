// SPDX-License-Identifier: Apache-2.0
import { digestSchema, programmeIdSchema } from '@kiban/core';
import * as z from 'zod';

export const releaseFileSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/),
  digest: digestSchema,
  byteLength: z.int().nonnegative(),
});
export type ReleaseFile = z.output<typeof releaseFileSchema>;

export const releaseSchema = z.strictObject({
  name: z.string(),
  programme: programmeIdSchema,
  createdAtMs: z.int(),
  rounds: z.int().nonnegative(),
  licence: z.string(),
  files: z.array(releaseFileSchema),
});
export type Release = z.output<typeof releaseSchema>;

export const releaseListSchema = z.strictObject({ releases: z.array(releaseSchema) });
