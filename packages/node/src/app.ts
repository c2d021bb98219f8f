// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import {
  type Clock,
  isKibanError,
  KibanError,
  type Logger,
  programmeIdSchema,
  sha256Hex,
  systemRandom,
  toProblem,
  uuidV7,
} from '@kiban/core';
import { createGatewayHandler } from '@kiban/gateway';
import { cardShareSchema } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import { runPlanSchema } from '@kiban/training';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { ActivityBoard } from './activity.ts';
import type { Approvals } from './approvals.ts';
import type { NodeConfig } from './config.ts';
import type { DataCards } from './data-cards.ts';
import { type DataSets, newDataSetSchema } from './data-sets.ts';
import type { LocalTraining } from './local-training.ts';
import type { Membership } from './membership.ts';
import type { ModelServing } from './model-serving.ts';
import { problems } from './problems.ts';
import { readTokenRecord } from './token-record.ts';

export interface NodeParts {
  readonly config: NodeConfig;
  readonly membership: Membership;
  readonly dataSets: DataSets;
  readonly dataCards: DataCards;
  readonly approvals: Approvals;
  readonly serving: ModelServing;
  readonly localTraining: LocalTraining;
  readonly activity: ActivityBoard;
  readonly events: EventLog;
  readonly administrationToken: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
  readonly onJoined: () => Promise<void>;
  readonly isProgrammeOver: (programme: string) => boolean;
}

const joinSchema = z.strictObject({ hub: z.url(), invitation: z.string().min(1).max(200) });
const decisionBodySchema = z.strictObject({
  decision: z.enum(['approve', 'refuse']),
  dataSets: z.array(z.string()).default([]),
  steward: z.string().min(1).max(100),
  reason: z.string().max(2_000).default(''),
  cardShare: cardShareSchema.default('nothing'),
});
const signingSchema = z.strictObject({ steward: z.string().min(1).max(100), remark: z.string().max(500).default('') });
const localTaskSchema = z.strictObject({
  plan: runPlanSchema,
  tokenizerPath: z.string(),
  dataSets: z.array(z.string()).min(1),
  batchSize: z.int().min(1),
});
const localTrainingSchema = localTaskSchema.extend({
  model: z.string().min(1).max(64),
  startPath: z.string(),
  steps: z.int().min(0),
});
const evaluationSchema = localTaskSchema.extend({ weightsPath: z.string() });

/** The node's server: OpenAI's API for applications below /v1, and the commands' API below /admin/v1 with a token, on this machine only. */
export function createNodeApp(parts: NodeParts): FastifyInstance {
  const gateway = createGatewayHandler({
    engine: parts.serving.inference,
    clock: parts.clock,
    random: systemRandom,
    logger: parts.logger,
  });
  const app = Fastify({
    logger: false,
    genReqId: () => uuidV7(),
    serverFactory: (handler) =>
      createServer((request, response) => {
        if (request.url?.startsWith('/admin/') === true || request.url === '/healthz') handler(request, response);
        else
          void gateway(request, response).then((answered) => {
            if (!answered) handler(request, response);
          });
      }),
  });
  app.setErrorHandler((error, request, reply) => {
    const known = fromFramework(error);
    if (!isKibanError(known))
      parts.logger.error('request-failed', error, { route: request.routeOptions.url ?? '', requestId: request.id });
    const language = /^ja\b/.test(request.headers['accept-language'] ?? '') ? 'ja' : 'en';
    const problem = toProblem(known, language, request.id);
    return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  app.setNotFoundHandler(() => {
    throw problems.notFound('page at this address');
  });
  app.get('/healthz', async () => ({ status: 'ok' }));

  route('GET', '/status', async () => ({
    organisation: parts.config.organisation,
    displayName: parts.config.displayName,
    keyId: parts.dataCards.keyId,
    coalition: (await parts.membership.current()) ?? null,
    dataSets: await parts.dataSets.list(),
    activity: parts.activity.current,
    models: parts.serving.inference.listModels(),
  }));
  route('GET', '/activity', async () => parts.activity.current);
  route('POST', '/join', async (request) => {
    const { hub, invitation } = joinSchema.parse(request.body);
    const joined = await parts.membership.join(parts.config, hub, invitation);
    await parts.onJoined();
    return joined;
  });
  route('GET', '/data-sets', async () => ({ dataSets: await parts.dataSets.list() }));
  route('POST', '/data-sets', async (request) => parts.dataSets.add(newDataSetSchema.parse(request.body)));
  route('GET', '/data-sets/:id/inspection', async (request) => parts.dataSets.inspect(idOf(request), parts.stopping));
  route('GET', '/data-sets/:id', async (request) => {
    const dataSet = await parts.dataSets.get(idOf(request));
    // Whoever asks may be in another working directory.
    return { dataSet, storeDirectory: resolve(parts.dataSets.storeDirectory(dataSet.id)) };
  });
  route('POST', '/data-sets/:id/stock', async (request) => parts.dataCards.takeStock(idOf(request), parts.stopping));
  route('GET', '/data-sets/:id/report', async (request) => parts.dataCards.report(idOf(request)));
  route('GET', '/data-sets/:id/signature', async (request) => parts.dataCards.signature(idOf(request)));
  route('POST', '/data-sets/:id/signature', async (request) =>
    parts.dataCards.sign(idOf(request), signingSchema.parse(request.body)),
  );
  route('GET', '/data-sets/:id/card', async (request) => parts.dataCards.card(idOf(request)));
  route('DELETE', '/data-sets/:id', async (request, reply) => {
    await parts.dataSets.remove(idOf(request), await parts.approvals.inUse(parts.isProgrammeOver));
    return reply.status(204).send();
  });
  route('GET', '/programmes/:id', async (request) =>
    withHub((hub) => hub.programme(programmeIdSchema.parse(idOf(request)), 0, 0)),
  );
  route('GET', '/programmes/:id/tokens', async (request) =>
    withHub((hub) => readTokenRecord(hub, programmeIdSchema.parse(idOf(request)))),
  );
  route('POST', '/programmes/:id/decision', async (request, reply) => {
    const body = decisionBodySchema.parse(request.body);
    await withHub(async (hub) => {
      const state = await hub.programme(programmeIdSchema.parse(idOf(request)), 0, 0);
      await parts.approvals.decide(hub, state, body.decision, body.dataSets, body.steward, body.reason, body.cardShare);
    });
    return reply.status(204).send();
  });
  route('GET', '/releases', async () => ({ releases: await withHub((hub) => hub.releases()) }));
  route('GET', '/releases/:id', async (request) => withHub((hub) => hub.release(idOf(request))));
  route('POST', '/releases/:id/pull', async (request) =>
    withHub((hub) => parts.serving.pull(hub, idOf(request), parts.stopping)),
  );
  route('POST', '/local-models', async (request) => {
    const { dataSets, ...task } = localTrainingSchema.parse(request.body);
    return parts.localTraining.train({ ...task, dataSetIds: dataSets, signal: parts.stopping });
  });
  route('POST', '/evaluations', async (request) => {
    const { dataSets, ...task } = evaluationSchema.parse(request.body);
    return parts.localTraining.evaluate({ ...task, dataSetIds: dataSets, signal: parts.stopping });
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
  return app;

  async function withHub<T>(work: (hub: ReturnType<Membership['client']>) => Promise<T>): Promise<T> {
    const coalition = await parts.membership.current();
    if (coalition === undefined) throw problems.notJoined();
    await using hub = parts.membership.client(coalition.hubOrigin);
    return await work(hub);
  }

  function route(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    app.route({
      method,
      url: `/admin/v1${path}`,
      handler: async (request, reply) => {
        requireOwner(request, parts.administrationToken);
        return handle(request, reply);
      },
    });
  }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function requireOwner(request: FastifyRequest, token: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const local = ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip);
  if (local && timingSafeEqual(Buffer.from(sha256Hex(given)), Buffer.from(sha256Hex(token)))) return;
  throw new KibanError({
    code: 'owner-required',
    status: 401,
    title: { ja: '権限がありません', en: 'Not allowed' },
    detail: {
      ja: 'この操作は、ノードの機械の上で、ノードのディレクトリを読める人だけができます。',
      en: 'Only somebody on the node’s machine who can read the node’s directory may do this.',
    },
  });
}

function fromFramework(error: unknown): unknown {
  if (isKibanError(error)) return error;
  if (error instanceof z.ZodError)
    return problems.requestInvalid(
      error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('\n'),
    );
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode !== undefined && statusCode < 500)
    return problems.requestInvalid(String(code ?? 'the request was not understood'));
  return error;
}
