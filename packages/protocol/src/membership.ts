// SPDX-License-Identifier: Apache-2.0
import { organisationIdSchema } from '@kiban/core';
import * as z from 'zod';

/** Ed25519 public key, SPKI in base64. */
const publicKeySchema = z.string().regex(/^[A-Za-z0-9+/]{56,80}={0,2}$/, 'use a base64 SPKI Ed25519 public key');

/** POST /v1/members: enrols an organisation with a one-time invitation. Signed by the message key that it enrols. */
export const joinRequestSchema = z.strictObject({
  invitation: z.string().min(16).max(200),
  organisation: organisationIdSchema,
  displayName: z.string().min(1).max(100),
  /** Signs HTTP requests. */
  messageKey: publicKeySchema,
  /** Signs secure-aggregation messages. */
  roundKey: publicKeySchema,
});
export type JoinRequest = z.output<typeof joinRequestSchema>;

export const memberSchema = z.strictObject({
  organisation: organisationIdSchema,
  displayName: z.string(),
  messageKey: publicKeySchema,
  roundKey: publicKeySchema,
  joinedAtMs: z.int(),
  /** Last signed request; null before the first. */
  lastSeenAtMs: z.int().nullable(),
});
export type Member = z.output<typeof memberSchema>;

export const memberListSchema = z.strictObject({ members: z.array(memberSchema) });

/** GET /v1/coalition: what a node pins when it joins. */
export const coalitionSchema = z.strictObject({
  coalition: z.string(),
  protocolVersion: z.literal(1),
  /** Signs plans and lists of secure aggregation. */
  hubKey: publicKeySchema,
});
export type Coalition = z.output<typeof coalitionSchema>;

export const joinResponseSchema = z.strictObject({ coalition: coalitionSchema, member: memberSchema });
export type JoinResponse = z.output<typeof joinResponseSchema>;
