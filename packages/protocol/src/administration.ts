// SPDX-License-Identifier: Apache-2.0
import { organisationIdSchema } from '@kiban/core';
import * as z from 'zod';

/** Routes below /admin/v1 of hub and node: on loopback, with the bearer token that the process writes into its directory (mode 0600). */
export const administrationAddressSchema = z.strictObject({ url: z.url(), token: z.string().min(32), pid: z.int() });
/** `DIR/administration.json`: how commands reach the running process. */
export type AdministrationAddress = z.output<typeof administrationAddressSchema>;

export const invitationRequestSchema = z.strictObject({
  organisation: organisationIdSchema,
  validForMs: z
    .int()
    .min(1_000)
    .max(90 * 86_400_000)
    .default(7 * 86_400_000),
});

export const invitationSchema = z.strictObject({
  invitation: z.string(),
  organisation: organisationIdSchema,
  expiresAtMs: z.int(),
});
export type Invitation = z.output<typeof invitationSchema>;

/** One business event of a hub or node, in order; `data` holds only figures and names that may be shown. */
export const serviceEventSchema = z.strictObject({
  sequence: z.int().nonnegative(),
  atMs: z.int(),
  /** Noun-verb in kebab-case, for example `round-opened`. */
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type ServiceEvent = z.output<typeof serviceEventSchema>;

export const serviceEventListSchema = z.strictObject({ events: z.array(serviceEventSchema) });
