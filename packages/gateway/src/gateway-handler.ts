// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Logger, RandomSource } from '@kiban/core';
import { Sealed } from '@kiban/core';
import { answerStreaming, answerWhole } from './answer-generation.ts';
import { type AnswerIdentity, type AnswerShape, chatShape, completionShape } from './answer-shapes.ts';
import { type Authenticate, requirePrincipal } from './authenticate.ts';
import { parseChatRequest } from './chat-request.ts';
import { parseCompletionRequest } from './completion-request.ts';
import { toErrorAnswer } from './error-body.ts';
import type { GenerationInput, InferenceEngine, ModelDescription } from './inference-engine.ts';
import { modelNotFound } from './inference-problems.ts';
import { readJsonObject } from './read-body.ts';
import { invalidValue, methodNotAllowed, missingParameter, unknownUrl } from './request-problems.ts';
import { matchRoute, type Route } from './routes.ts';
import type { Body, SamplingParameters } from './sampling-parameters.ts';

export interface GatewayOptions {
  readonly engine: InferenceEngine;
  /** Without it everybody who reaches the port may ask: for a loopback address only. */
  readonly authenticate?: Authenticate;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** Used when a request names no model. */
  readonly defaultModel?: string;
  /** Default 4 MiB. */
  readonly maximumBodyBytes?: number;
}

/** Answers a request under `/v1` and resolves to true; resolves to false, having touched nothing, for any other path. Never rejects. */
export type GatewayHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly language: 'ja' | 'en';
}

/** OpenAI's API in front of an inference engine, for plain `node:http`. */
export function createGatewayHandler(options: GatewayOptions): GatewayHandler {
  const gateway = new Gateway(options);
  return (request, response) => gateway.handle(request, response);
}

class Gateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const route = matchRoute(request.url ?? '/');
    if (route === undefined) return false;
    const { clock, logger } = this.#options;
    const startedAtMs = clock.nowMs();
    const requestId = `req_${this.#hex(16)}`;
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client went away'));
    });
    response.setHeader('x-request-id', requestId);
    const exchange = { request, response, signal: gone.signal, language: preferredLanguage(request) };
    let failure: unknown;
    try {
      failure = await this.#answer(route, exchange);
    } catch (error) {
      failure = error;
      if (!gone.signal.aborted && !response.headersSent) sendError(exchange, error);
    }
    const status = gone.signal.aborted ? 499 : response.statusCode;
    const fields = { requestId, route: route.pattern, status, durationMs: clock.nowMs() - startedAtMs };
    if (failure !== undefined && !gone.signal.aborted && (status >= 500 || response.statusCode === 200)) {
      logger.error('request-failed', failure, fields);
    } else logger.info('request-answered', fields);
    return true;
  }

  /** Returns the failure of an answer that had begun. */
  async #answer(route: Route, exchange: Exchange): Promise<unknown> {
    const { request, response } = exchange;
    if (this.#options.authenticate !== undefined) await requirePrincipal(request, this.#options.authenticate);
    const method = request.method ?? 'GET';
    if (route.kind === 'unknown') throw unknownUrl(method, route.path);
    if (method !== route.method && !(method === 'HEAD' && route.method === 'GET')) {
      throw methodNotAllowed(method, route.method);
    }
    switch (route.kind) {
      case 'list-models': {
        sendJson(response, 200, { object: 'list', data: this.#options.engine.listModels().map(toModelObject) });
        return undefined;
      }
      case 'get-model': {
        const model = this.#options.engine.listModels().find((candidate) => candidate.id === route.model);
        if (model === undefined) throw modelNotFound(route.model);
        sendJson(response, 200, toModelObject(model));
        return undefined;
      }
      case 'chat-completion': {
        const body = await this.#readBody(request);
        const model = this.#modelOf(body);
        const parsed = parseChatRequest(body);
        const input: GenerationInput = { kind: 'chat', messages: parsed.messages };
        return this.#generate(exchange, { ...parsed, model, input }, chatShape(this.#identity('chatcmpl', model)));
      }
      case 'completion': {
        const body = await this.#readBody(request);
        const model = this.#modelOf(body);
        const parsed = parseCompletionRequest(body);
        return this.#generate(exchange, { ...parsed, model }, completionShape(this.#identity('cmpl', model)));
      }
    }
  }

  async #generate(
    exchange: Exchange,
    parsed: SamplingParameters & {
      readonly model: string;
      readonly input: GenerationInput;
      readonly maximumTokens: number | undefined;
    },
    shape: AnswerShape,
  ): Promise<unknown> {
    const events = this.#options.engine.generate({
      model: parsed.model,
      input: new Sealed(parsed.input),
      ...(parsed.maximumTokens === undefined ? {} : { maximumTokens: parsed.maximumTokens }),
      temperature: parsed.temperature,
      topP: parsed.topP,
      seed: parsed.seed ?? Buffer.from(this.#options.random.bytes(4)).readUInt32LE(),
      stop: parsed.stop,
      signal: exchange.signal,
    });
    if (parsed.stream) {
      const { signal, language } = exchange;
      return answerStreaming(events, shape, exchange.response, { includeUsage: parsed.includeUsage, signal, language });
    }
    const answer = await answerWhole(events, shape);
    sendJson(exchange.response, 200, answer);
    return undefined;
  }

  #readBody(request: IncomingMessage): Promise<Body> {
    return readJsonObject(request, this.#options.maximumBodyBytes ?? 4 * 1024 * 1024);
  }

  #modelOf(body: Body): string {
    const model = body.model ?? this.#options.defaultModel;
    if (model === undefined) throw missingParameter('model');
    if (typeof model !== 'string') {
      throw invalidValue('model', { ja: 'モデル名の文字列にしてください。', en: 'give the name of a model.' });
    }
    return model;
  }

  #identity(prefix: string, model: string): AnswerIdentity {
    return {
      id: `${prefix}-${this.#hex(12)}`,
      createdAtSeconds: Math.floor(this.#options.clock.nowMs() / 1000),
      model,
    };
  }

  #hex(length: number): string {
    return Buffer.from(this.#options.random.bytes(length)).toString('hex');
  }
}

function toModelObject(model: ModelDescription): object {
  return { id: model.id, object: 'model', created: model.createdAtSeconds, owned_by: model.ownedBy };
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function sendError(exchange: Exchange, error: unknown): void {
  const answer = toErrorAnswer(error, exchange.language);
  sendJson(exchange.response, answer.status, answer.body, answer.headers);
  exchange.request.resume();
}

function preferredLanguage(request: IncomingMessage): 'ja' | 'en' {
  return /^\s*ja\b/i.test(request.headers['accept-language'] ?? '') ? 'ja' : 'en';
}
