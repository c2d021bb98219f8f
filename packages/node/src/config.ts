// SPDX-License-Identifier: Apache-2.0
import { organisationIdSchema } from '@kiban/core';
import * as z from 'zod';

/** `node.yaml` in the node's directory. */
export const nodeConfigSchema = z.strictObject({
  organisation: organisationIdSchema,
  displayName: z.string().min(1).max(100),
  listen: z
    .strictObject({
      /** The API for applications is open to whoever reaches this address: keep it on loopback, or put the gateway's keys in front. */
      host: z.string().min(1).default('127.0.0.1'),
      /** 0 takes a free port at each start. */
      port: z.int().min(0).max(65_535).default(7_401),
    })
    .prefault({}),
  training: z
    .strictObject({
      /** Threads of the trainer while others train too. */
      threadCount: z.int().min(1).max(256).default(1),
      /** Documents out of a thousand that are never trained on. */
      heldOutPerMille: z.int().min(1).max(500).default(50),
    })
    .prefault({}),
  masking: z
    .strictObject({
      /** Threads that mask updates. One keeps up with a gigabit line; each takes about 17 MB more while a round is uploaded. */
      threadCount: z.int().min(1).max(16).default(1),
    })
    .prefault({}),
  vocabulary: z
    .strictObject({
      /** Words that must not enter a vocabulary that others see: the node objects to tokens that hold one, or three or more characters of one. */
      neverWords: z.array(z.string().min(2).max(200)).max(100_000).default([]),
    })
    .prefault({}),
  inference: z.strictObject({ threadCount: z.int().min(1).max(256).default(1) }).prefault({}),
});

export type NodeConfig = z.output<typeof nodeConfigSchema>;
