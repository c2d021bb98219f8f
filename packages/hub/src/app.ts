// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { digestSchema, isKibanError, programmeIdSchema, type Sha256Digest, toProblem, uuidV7 } from '@kiban/core';
import {
  decisionSchema,
  joinRequestSchema,
  memberScoresSchema,
  progressReportSchema,
  shardContentType,
  startArtifactsSchema,
} from '@kiban/protocol';
import type { ListName, MemberStage } from '@kiban/secagg';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import * as z from 'zod';
import { registerAdministration } from './administration.ts';
import type { Caller } from './authentication.ts';
import type { HubParts } from './hub-parts.ts';
import { problems } from './problems.ts';
import { bodyOf, parseBody } from './request-body.ts';

const longestWaitMs = 25_000;
/** One upload: a start model or a public corpus up to this size in one request. */
const bodyLimitBytes = 256 * 1024 * 1024;

const waitSchema = z.object({
  after: z.coerce.number().int().min(0).default(0),
  waitMs: z.coerce.number().int().min(0).max(600_000).default(0),
});

const attemptSchema = z.object({ instance: z.string().min(1).max(120), attempt: z.coerce.number().int().positive() });
const listNames = [
  'keys',
  'shares',
  'confirms',
  'survivors',
  'signatures',
  'result',
  'aborted',
] as const satisfies readonly ListName[];
const stages = [
  'advertise',
  'share',
  'confirm',
  'manifest',
  'signature',
  'opening',
  'complaint',
] as const satisfies readonly MemberStage[];

/** The hub's HTTP API: members below /v1, each request signed; the operator below /admin/v1, with a token and only on loopback. */
export function createHubApp(parts: HubParts): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    genReqId: () => uuidV7(),
    requestTimeout: 0,
    keepAliveTimeout: 60_000,
  });
  app.removeAllContentTypeParsers();
  // Bodies stay bytes: signatures are checked over what arrived, before anything is parsed.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  // A connection that is kept open would hold up the stop for as long as its client likes.
  app.addHook('onSend', async (_request, reply) => {
    if (parts.stopping.aborted) reply.header('connection', 'close');
  });
  app.setErrorHandler((error, request, reply) => {
    const known = isKibanError(error) ? error : fromFramework(error);
    if (!isKibanError(known))
      parts.logger.error('request-failed', error, { route: request.routeOptions.url ?? '', requestId: request.id });
    const problem = toProblem(known, languageOf(request), request.id);
    if (typeof problem.retryAfterSeconds === 'number') reply.header('retry-after', problem.retryAfterSeconds);
    return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  app.setNotFoundHandler(() => {
    throw problems.notFound('page at this address');
  });

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/v1/coalition', async () => parts.coalition);

  app.post('/v1/members', async (request, reply) => {
    const evidence = await parts.authenticator.authenticateJoin(request);
    const member = await parts.members.join(parseBody(request, joinRequestSchema), evidence);
    return reply.status(201).send({ coalition: parts.coalition, member });
  });

  signedRoute('GET', '/v1/members', async () => ({ members: await parts.members.list() }));

  signedRoute('GET', '/v1/programmes', async (_caller, request) => {
    const { after, waitMs } = waitSchema.parse(request.query);
    const look = async () => {
      const rows = await parts.programmes.list();
      return rows.map((row) => ({ programme: row.programme, version: row.version, phase: row.phase }));
    };
    const total = (list: { version: number }[]) => list.reduce((sum, one) => sum + one.version, 0);
    const found = await parts.events.waitFor(
      async () => {
        const list = await look();
        return total(list) > after ? list : undefined;
      },
      clampWait(waitMs),
      parts.stopping,
    );
    return { programmes: found ?? (await look()) };
  });

  signedRoute('GET', '/v1/programmes/:programme', async (_caller, request) => {
    const programme = programmeOf(request);
    const { after, waitMs } = waitSchema.parse(request.query);
    await parts.events.waitFor(
      async () => ((await parts.programmes.row(programme)).version > after ? true : undefined),
      clampWait(waitMs),
      parts.stopping,
    );
    return parts.programmes.state(programme);
  });

  signedRoute('POST', '/v1/programmes/:programme/decision', async (caller, request, reply) => {
    await parts.programmes.decide(
      programmeOf(request),
      caller.organisation,
      parseBody(request, decisionSchema),
      caller.evidence,
    );
    return reply.status(204).send();
  });

  signedRoute('PUT', '/v1/programmes/:programme/start', async (caller, request, reply) => {
    const programme = programmeOf(request);
    await parts.programmes.putStart(programme, caller.organisation, parseBody(request, startArtifactsSchema));
    parts.driver.advance(programme);
    return reply.status(204).send();
  });

  signedRoute('PUT', '/v1/programmes/:programme/scores', async (caller, request, reply) => {
    const programme = programmeOf(request);
    await parts.programmes.putScores(
      programme,
      caller.organisation,
      parseBody(request, memberScoresSchema),
      caller.evidence,
    );
    parts.driver.advance(programme);
    return reply.status(204).send();
  });

  signedRoute('PUT', '/v1/blobs/:digest', async (_caller, request, reply) => {
    await parts.blobs.put(bodyOf(request), digestOf(request));
    return reply.status(204).send();
  });

  signedRoute('GET', '/v1/blobs/:digest', async (_caller, request, reply) => {
    const { digest, byteLength } = await parts.blobs.describe(digestOf(request));
    return reply
      .header('content-length', byteLength)
      .type('application/octet-stream')
      .send(Readable.from(parts.blobs.read(digest)));
  });

  signedRoute('GET', '/v1/instances/:instance/attempts/:attempt/plan', async (caller, request, reply) => {
    const { instance, attempt } = attemptSchema.parse(request.params);
    const look = async () => {
      try {
        return await parts.aggregation.plan(instance, attempt, caller.organisation);
      } catch (error) {
        if (isKibanError(error) && error.code === 'not-found') return undefined;
        throw error;
      }
    };
    const text = await parts.events.waitFor(look, clampWait(waitSchema.parse(request.query).waitMs), parts.stopping);
    if (text === undefined) throw problems.notFound(`instance ${instance}`);
    return reply.type('text/plain; charset=utf-8').send(text);
  });

  signedRoute('GET', '/v1/instances/:instance/attempts/:attempt/shards', async (caller, request) => {
    const { instance, attempt } = attemptSchema.parse(request.params);
    return parts.aggregation.heldShards(instance, attempt, caller.organisation);
  });

  // Shards go to disk as they arrive: in this scope alone a body is a stream, and the signature is checked on the headers before it is read.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(shardContentType, (_request, payload, done) => done(null, payload));
    scope.put('/v1/instances/:instance/attempts/:attempt/shards/:shard', async (request, reply) => {
      const { organisation, sha256 } = await parts.authenticator.authenticateHeaders(request);
      const { instance, attempt } = attemptSchema.parse(request.params);
      const { shard } = z.object({ shard: z.coerce.number().int().min(0) }).parse(request.params);
      const byteLength = Number(request.headers['content-length']);
      if (!Number.isSafeInteger(byteLength) || byteLength <= 0)
        throw problems.shardRefused('a shard comes with its length in Content-Length', 422);
      const body = { byteLength, sha256, stream: request.raw };
      const outcome = await parts.aggregation.putShard(instance, attempt, organisation, shard, body);
      return reply.status(outcome === 'stored' ? 201 : 200).send();
    });
  });

  signedRoute('POST', '/v1/instances/:instance/attempts/:attempt/progress', async (caller, request, reply) => {
    const { instance, attempt } = attemptSchema.parse(request.params);
    await parts.aggregation.progress(instance, attempt, caller.organisation, parseBody(request, progressReportSchema));
    return reply.status(204).send();
  });

  signedRoute('GET', '/v1/instances/:instance/attempts/:attempt/:list', async (caller, request, reply) => {
    const { instance, attempt } = attemptSchema.parse(request.params);
    const { list } = z.object({ list: z.enum(listNames) }).parse(request.params);
    const { waitMs } = waitSchema.parse(request.query);
    const text = await parts.aggregation.list(
      instance,
      attempt,
      list,
      caller.organisation,
      clampWait(waitMs),
      parts.stopping,
    );
    return text === undefined ? reply.status(204).send() : reply.type('text/plain; charset=utf-8').send(text);
  });

  signedRoute('PUT', '/v1/instances/:instance/attempts/:attempt/messages/:stage', async (caller, request, reply) => {
    const { instance, attempt } = attemptSchema.parse(request.params);
    const { stage } = z.object({ stage: z.enum(stages) }).parse(request.params);
    await parts.aggregation.receive(
      instance,
      attempt,
      caller.organisation,
      stage,
      Buffer.from(bodyOf(request)).toString('utf8'),
    );
    return reply.status(204).send();
  });

  signedRoute('GET', '/v1/releases', async () => ({ releases: await parts.releases.list() }));
  signedRoute('GET', '/v1/releases/:name', async (_caller, request) =>
    parts.releases.get((request.params as { name: string }).name),
  );

  registerAdministration(app, parts);
  return app;

  function signedRoute(
    method: 'GET' | 'PUT' | 'POST',
    url: string,
    handle: (caller: Caller, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    app.route({
      method,
      url,
      handler: async (request, reply) => {
        const caller = await parts.authenticator.authenticate(request);
        return handle(caller, request, reply);
      },
    });
  }
}

function programmeOf(request: FastifyRequest) {
  return programmeIdSchema.parse((request.params as { programme: string }).programme);
}

function digestOf(request: FastifyRequest): Sha256Digest {
  return digestSchema.parse((request.params as { digest: string }).digest);
}

function clampWait(waitMs: number): number {
  return Math.min(waitMs, longestWaitMs);
}

function languageOf(request: FastifyRequest): 'ja' | 'en' {
  return /^ja\b/.test(request.headers['accept-language'] ?? '') ? 'ja' : 'en';
}

function fromFramework(error: unknown): unknown {
  if (error instanceof z.ZodError)
    return problems.requestInvalid(
      error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('\n'),
    );
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413) return problems.shardRefused('the body is larger than allowed', 413);
  if (statusCode !== undefined && statusCode < 500)
    return problems.requestInvalid(String(code ?? 'the request was not understood'));
  return error;
}
