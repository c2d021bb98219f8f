// SPDX-License-Identifier: Apache-2.0
import { digestSchema, type OrganisationId, organisationIdSchema } from '@kiban/core';
import type { SigningKey, VerifyKey } from '@kiban/crypto';
import * as z from 'zod';
import { type Attempt, memberOf } from './attempt.ts';
import type { ListName } from './effects.ts';
import { openEnvelope, parseCanonical, signEnvelope } from './envelope.ts';
import { sharePartSchema } from './messages.ts';
import { refuse } from './refusal.ts';

const head = { v: z.literal(1), plan: digestSchema };
const signedEntry = z.strictObject({ organisation: organisationIdSchema, message: z.string() });

/** What the hub signs. The plain lists carry the members' signed messages, so that nobody can be spoken for. */
const listSchema = z.discriminatedUnion('list', [
  z.strictObject({ ...head, list: z.literal('keys'), members: z.array(signedEntry) }),
  z.strictObject({
    ...head,
    list: z.literal('shares'),
    to: organisationIdSchema,
    members: z.array(
      z.strictObject({
        organisation: organisationIdSchema,
        /** Signed header. */
        message: z.string(),
        /** The addressee's own part; absent from its own entry, and for members outside U2. */
        part: sharePartSchema.optional(),
      }),
    ),
  }),
  z.strictObject({ ...head, list: z.literal('confirms'), members: z.array(signedEntry) }),
  z.strictObject({ ...head, list: z.literal('survivors'), members: z.array(signedEntry) }),
  z.strictObject({ ...head, list: z.literal('signatures'), members: z.array(signedEntry) }),
  z.strictObject({
    ...head,
    list: z.literal('result'),
    /** Hex T4. */
    before: digestSchema,
    survivors: z.array(organisationIdSchema),
    sumDigest: digestSchema,
  }),
  z.strictObject({
    ...head,
    list: z.literal('aborted'),
    code: z.string().max(80),
    names: z.array(organisationIdSchema),
    burnt: z.boolean(),
  }),
]);

export type HubList = z.output<typeof listSchema>;
export type ListOf<L extends ListName> = Extract<HubList, { list: L }>;

export function signList(attempt: Attempt, list: object, key: SigningKey): string {
  return signEnvelope('list', { v: 1, plan: attempt.planDigest, ...list }, key);
}

export function readList(attempt: Attempt, text: string, hubKey: VerifyKey): HubList {
  const body = openEnvelope('list', text, hubKey, { malformed: 'list-malformed', signature: 'list-signature-wrong' });
  const list = parseCanonical(listSchema, body, 'list-malformed');
  if (list.plan !== attempt.planDigest) refuse('list-malformed', 'plan');
  return list;
}

/** Organisations of a list in order of their numbers: no one twice, a subset of the list before, at least `least` of them. */
export function listedMembers(
  attempt: Attempt,
  entries: readonly { readonly organisation: OrganisationId }[],
  earlier: readonly OrganisationId[],
  least: number,
): readonly OrganisationId[] {
  const names = entries.map((entry) => entry.organisation);
  const strangers = names.filter((name) => !earlier.includes(name));
  if (strangers.length > 0) refuse('list-not-subset', '', strangers);
  const indices = names.map((name) => memberOf(attempt, name).index);
  if (indices.some((index, place) => place > 0 && index <= (indices[place - 1] as number))) {
    refuse('list-malformed', 'members: not in order, or twice');
  }
  if (names.length < least) refuse('list-below-quorum', `${names.length} of ${least}`);
  return names;
}
