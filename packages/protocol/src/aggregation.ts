// SPDX-License-Identifier: Apache-2.0
import { digestSchema } from '@kiban/core';
import * as z from 'zod';

/**
 * The texts of secure aggregation (plan, lists, messages) travel as they were signed: `text/plain`, never re-serialised.
 * Only what the service itself adds has a schema here.
 */
export const heldShardsSchema = z.strictObject({
  shards: z.array(
    z.strictObject({ shard: z.int().nonnegative(), byteLength: z.int().positive(), sha256: digestSchema }),
  ),
});
export type HeldShards = z.output<typeof heldShardsSchema>;

/** POST .../progress: liveness by steps and bytes that advance, not by a time limit on the work. */
export const progressReportSchema = z.strictObject({ step: z.int().nonnegative(), steps: z.int().nonnegative() });
export type ProgressReport = z.output<typeof progressReportSchema>;

export const shardContentType = 'application/vnd.kiban.shard';
export const aggregationTextContentType = 'text/plain; charset=utf-8';
