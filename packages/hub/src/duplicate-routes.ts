// SPDX-License-Identifier: Apache-2.0
import { duplicateFlagsContentType } from '@kiban/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Caller } from './authentication.ts';
import type { HubParts } from './hub-parts.ts';
import { bodyOf } from './request-body.ts';

type SignedRoute = (
  method: 'GET' | 'PUT',
  url: string,
  handle: (caller: Caller, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
) => void;

const exchangeSchema = z.object({ exchange: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/) });

/** What members do in a comparison of duplicates; every request is signed. */
export function registerDuplicateRoutes(signedRoute: SignedRoute, { duplicates }: Pick<HubParts, 'duplicates'>): void {
  const base = '/v1/duplicate-exchanges/:exchange';
  const exchangeOf = (request: FastifyRequest) => exchangeSchema.parse(request.params).exchange;
  signedRoute('GET', base, async (caller, request) => duplicates.state(exchangeOf(request), caller.organisation));
  signedRoute('PUT', `${base}/advertised`, async (caller, request, reply) => {
    await duplicates.putAdvertised(exchangeOf(request), caller.organisation, bodyOf(request));
    return reply.status(204).send();
  });
  signedRoute('PUT', `${base}/sealed`, async (caller, request, reply) => {
    await duplicates.putSealed(exchangeOf(request), caller.organisation, bodyOf(request));
    return reply.status(204).send();
  });
  signedRoute('PUT', `${base}/tokens`, async (caller, request, reply) => {
    await duplicates.putTokens(exchangeOf(request), caller.organisation, bodyOf(request));
    return reply.status(204).send();
  });
  signedRoute('GET', `${base}/flags`, async (caller, request, reply) => {
    const flags = await duplicates.flags(exchangeOf(request), caller.organisation);
    if (flags === undefined) return reply.status(204).send();
    return reply.type(duplicateFlagsContentType).send(Buffer.from(flags));
  });
}
