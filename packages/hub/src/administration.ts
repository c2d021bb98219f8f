// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { digestSchema, KibanError, programmeIdSchema, sha256Hex } from '@kiban/core';
import { invitationRequestSchema, tokenRecordSchema } from '@kiban/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { HubParts } from './hub-parts.ts';
import { problems } from './problems.ts';
import { agreedTokenizerOf } from './programmes.ts';
import { bodyOf, parseBody } from './request-body.ts';

const proposalSchema = z.strictObject({ planText: z.string().min(1).max(1_000_000), publicCorpus: digestSchema });
const stopSchema = z.strictObject({ reason: z.string().max(500).default('stopped by the operator') });

/** What the operator's commands call. Bearer token from the hub's directory; refused for any peer that is not on this machine. */
export function registerAdministration(app: FastifyInstance, parts: HubParts): void {
  route('GET', '/status', async () => ({
    coalition: parts.coalition.coalition,
    members: await parts.members.list(),
    programmes: await Promise.all((await parts.programmes.list()).map((row) => parts.programmes.state(row.programme))),
    releases: await parts.releases.list(),
  }));
  route('POST', '/invitations', async (request) => {
    const { organisation, validForMs } = parseBody(request, invitationRequestSchema);
    return parts.members.invite(organisation, validForMs);
  });
  route('PUT', '/blobs', async (request) => parts.blobs.put(bodyOf(request)));
  route('POST', '/programmes', async (request) => {
    const { planText, publicCorpus } = parseBody(request, proposalSchema);
    return parts.programmes.propose(planText, publicCorpus);
  });
  route('GET', '/programmes/:programme', async (request) => parts.programmes.state(programmeOf(request)));
  route('GET', '/programmes/:programme/tokens', async (request) => {
    const programme = programmeOf(request);
    const agreed = agreedTokenizerOf(await parts.programmes.row(programme));
    if (agreed === null) throw problems.tokensNotAgreed(programme);
    return tokenRecordSchema.parse(JSON.parse(await readFile(parts.blobs.filePath(agreed.record.digest), 'utf8')));
  });
  route('POST', '/programmes/:programme/start', async (request, reply) => {
    const programme = programmeOf(request);
    await parts.programmes.start(programme);
    parts.driver.advance(programme);
    return reply.status(204).send();
  });
  route('POST', '/programmes/:programme/stop', async (request, reply) => {
    const programme = programmeOf(request);
    await parts.programmes.stop(programme, parseBody(request, stopSchema).reason);
    parts.driver.advance(programme);
    return reply.status(204).send();
  });
  route('GET', '/events', async (request) => {
    const { after, waitMs } = z
      .object({
        after: z.coerce.number().int().min(0).default(0),
        waitMs: z.coerce.number().int().min(0).max(25_000).default(0),
      })
      .parse(request.query);
    const found = await parts.events.waitFor(
      async () => {
        const events = await parts.events.after(after);
        return events.length > 0 ? events : undefined;
      },
      waitMs,
      parts.stopping,
    );
    return { events: found ?? [] };
  });
  route('GET', '/releases', async () => ({ releases: await parts.releases.list() }));
  route('GET', '/releases/:name', async (request) => parts.releases.get((request.params as { name: string }).name));

  function route(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    app.route({
      method,
      url: `/admin/v1${path}`,
      handler: async (request, reply) => {
        requireOperator(request, parts.administrationToken);
        return handle(request, reply);
      },
    });
  }
}

function programmeOf(request: FastifyRequest) {
  return programmeIdSchema.parse((request.params as { programme: string }).programme);
}

function requireOperator(request: FastifyRequest, token: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const local = ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip);
  if (local && timingSafeEqual(Buffer.from(sha256Hex(given)), Buffer.from(sha256Hex(token)))) return;
  throw new KibanError({
    code: 'operator-required',
    status: 401,
    title: { ja: '運用者の権限が要ります', en: 'The operator is required' },
    detail: {
      ja: 'この操作は、ハブの機械の上で、ハブのディレクトリを読める人だけができます。',
      en: 'Only somebody on the hub’s machine who can read the hub’s directory may do this.',
    },
  });
}
