// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type Clock, isKibanError, type Sha256Digest } from '@kiban/core';
import { contentDigestOf, type SigningKey, signRequest } from '@kiban/crypto';
import { Agent, type Dispatcher, request } from 'undici';
import type * as z from 'zod';
import {
  aggregationTextContentType,
  type HeldShards,
  heldShardsSchema,
  type ProgressReport,
  shardContentType,
} from './aggregation.ts';
import {
  type Coalition,
  coalitionSchema,
  type JoinRequest,
  type JoinResponse,
  joinResponseSchema,
  type Member,
  memberListSchema,
} from './membership.ts';
import { clockSkewed, hubUnreachable, problemFrom, retryAfterSeconds } from './problems.ts';
import {
  type Decision,
  type MemberScores,
  type ProgrammeState,
  programmeListSchema,
  programmeStateSchema,
  type StartArtifacts,
} from './programme.ts';
import { type Release, releaseListSchema, releaseSchema } from './release.ts';
import { hubRoutes } from './routes.ts';

export interface HubClientOptions {
  /** Origin of the hub, for example `http://127.0.0.1:7400`. */
  readonly baseUrl: string;
  readonly key: SigningKey;
  readonly clock: Clock;
  /** Called with the size of every body that leaves, after it was sent. */
  readonly onSent?: (route: string, bytes: number) => void;
}

/** A shard of 16 MiB on a line of 20 kB a second; the hub answers when it has all of it. */
const slowestShardMs = 900_000;

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  /** Of the body, where it is known. */
  readonly sha256?: Sha256Digest;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Time without a byte of answer; long polls get their wait on top. */
  readonly silenceMs?: number;
}

/**
 * The typed way from a node to its hub: every request is signed, every answer checked against its schema, every refusal a KibanError with
 * the hub's code. Nothing is retried here: callers know what may be repeated. All calls are idempotent by content.
 */
export class HubClient {
  readonly #options: HubClientOptions;
  readonly #agent = new Agent({ keepAliveTimeout: 30_000, connections: 16, headersTimeout: 0, bodyTimeout: 120_000 });

  constructor(options: HubClientOptions) {
    this.#options = options;
  }

  coalition(signal?: AbortSignal): Promise<Coalition> {
    return this.#json({ method: 'GET', path: hubRoutes.coalition(), signal }, coalitionSchema);
  }

  join(join: JoinRequest, signal?: AbortSignal): Promise<JoinResponse> {
    return this.#json({ ...jsonCall('POST', hubRoutes.members(), join), signal }, joinResponseSchema);
  }

  async members(signal?: AbortSignal): Promise<Member[]> {
    return (await this.#json({ method: 'GET', path: hubRoutes.members(), signal }, memberListSchema)).members;
  }

  /** Waits up to `waitMs` while nothing is newer than `after` (sum of versions, 0 for at once). */
  async programmes(after: number, waitMs: number, signal?: AbortSignal) {
    const path = `${hubRoutes.programmes()}?after=${after}&waitMs=${waitMs}`;
    return (await this.#json({ method: 'GET', path, signal, silenceMs: waitMs + 30_000 }, programmeListSchema))
      .programmes;
  }

  /** Waits up to `waitMs` for a version greater than `after`; gives the newest state either way. */
  programme(programme: string, after: number, waitMs: number, signal?: AbortSignal): Promise<ProgrammeState> {
    const path = `${hubRoutes.programme(programme)}?after=${after}&waitMs=${waitMs}`;
    return this.#json({ method: 'GET', path, signal, silenceMs: waitMs + 30_000 }, programmeStateSchema);
  }

  decide(programme: string, decision: Decision, signal?: AbortSignal): Promise<void> {
    return this.#empty({ ...jsonCall('POST', hubRoutes.decision(programme), decision), signal });
  }

  putStart(programme: string, artifacts: StartArtifacts, signal?: AbortSignal): Promise<void> {
    return this.#empty({ ...jsonCall('PUT', hubRoutes.start(programme), artifacts), signal });
  }

  postScores(programme: string, scores: MemberScores, signal?: AbortSignal): Promise<void> {
    return this.#empty({ ...jsonCall('PUT', hubRoutes.scores(programme), scores), signal });
  }

  putBlob(digest: Sha256Digest, body: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#empty({
      method: 'PUT',
      path: hubRoutes.blob(digest),
      body,
      contentType: 'application/octet-stream',
      signal,
    });
  }

  /** The bytes of a blob as they arrive; the caller checks the digest (a blob store does when it puts them). */
  async *blob(digest: Sha256Digest, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const answer = await this.#send({ method: 'GET', path: hubRoutes.blob(digest), signal });
    for await (const chunk of answer.body) yield chunk as Uint8Array;
  }

  /** A frozen list of an attempt, exactly as the hub signed it, or undefined when it is not there after `waitMs`. */
  async aggregationList(
    instance: string,
    attempt: number,
    list: string,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const path = `${hubRoutes.list(instance, attempt, list)}?waitMs=${waitMs}`;
    const answer = await this.#send({ method: 'GET', path, signal, silenceMs: waitMs + 30_000 });
    const text = await answer.body.text();
    return answer.statusCode === 204 ? undefined : text;
  }

  putMessage(instance: string, attempt: number, stage: string, text: string, signal?: AbortSignal): Promise<void> {
    const path = hubRoutes.message(instance, attempt, stage);
    return this.#empty({
      method: 'PUT',
      path,
      body: Buffer.from(text, 'utf8'),
      contentType: aggregationTextContentType,
      signal,
    });
  }

  heldShards(instance: string, attempt: number, signal?: AbortSignal): Promise<HeldShards> {
    return this.#json({ method: 'GET', path: hubRoutes.shards(instance, attempt), signal }, heldShardsSchema);
  }

  /** @param masked bytes that stay as they are until this ends, with their SHA-256: they are not hashed again */
  putShard(
    instance: string,
    attempt: number,
    shard: number,
    masked: { readonly bytes: Uint8Array; readonly sha256: Sha256Digest },
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#empty({
      method: 'PUT',
      path: hubRoutes.shard(instance, attempt, shard),
      body: masked.bytes,
      sha256: masked.sha256,
      contentType: shardContentType,
      silenceMs: slowestShardMs,
      signal,
    });
  }

  postProgress(instance: string, attempt: number, progress: ProgressReport, signal?: AbortSignal): Promise<void> {
    return this.#empty({ ...jsonCall('POST', hubRoutes.progress(instance, attempt), progress), signal });
  }

  async releases(signal?: AbortSignal): Promise<Release[]> {
    return (await this.#json({ method: 'GET', path: hubRoutes.releases(), signal }, releaseListSchema)).releases;
  }

  release(name: string, signal?: AbortSignal): Promise<Release> {
    return this.#json({ method: 'GET', path: hubRoutes.release(name), signal }, releaseSchema);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #json<S extends z.ZodType>(call: Call, schema: S): Promise<z.output<S>> {
    const answer = await this.#send(call);
    return schema.parse(await answer.body.json());
  }

  async #empty(call: Call): Promise<void> {
    const answer = await this.#send(call);
    await answer.body.dump();
  }

  async #send(call: Call): Promise<Dispatcher.ResponseData> {
    const { baseUrl, key, clock, onSent } = this.#options;
    const targetUri = `${baseUrl}${call.path}`;
    const signed = signRequest({
      method: call.method,
      targetUri,
      body: call.body,
      contentDigest: call.sha256 === undefined ? undefined : contentDigestOf(call.sha256),
      contentType: call.contentType,
      key,
      createdSeconds: clock.nowMs() / 1000,
      nonce: randomBytes(16).toString('base64url'),
    });
    const headers: Record<string, string> = { ...signed };
    if (call.contentType !== undefined) headers['content-type'] = call.contentType;
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(targetUri, {
        method: call.method,
        headers,
        body: call.body ?? null,
        dispatcher: this.#agent,
        headersTimeout: call.silenceMs ?? 120_000,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
    } catch (error) {
      if (call.signal?.aborted === true || isKibanError(error)) throw error;
      throw hubUnreachable(baseUrl, error);
    }
    onSent?.(call.path, call.body?.byteLength ?? 0);
    if (answer.statusCode < 300) return answer;
    const body = await answer.body.text();
    const skewMs = clockSkewMs(answer, clock);
    if (answer.statusCode === 401 && skewMs !== undefined && Math.abs(skewMs) > 25_000) throw clockSkewed(skewMs);
    const retryAfter = answer.headers['retry-after'];
    const waitSeconds = retryAfterSeconds(typeof retryAfter === 'string' ? retryAfter : undefined, clock.nowMs());
    throw problemFrom(answer.statusCode, body, waitSeconds);
  }
}

/** Hub's clock minus ours, from the Date field of its answer. */
function clockSkewMs(answer: Dispatcher.ResponseData, clock: Clock): number | undefined {
  const date = answer.headers.date;
  const parsed = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed - clock.nowMs();
}

function jsonCall(method: 'POST' | 'PUT', path: string, body: unknown): Call {
  return { method, path, body: Buffer.from(JSON.stringify(body), 'utf8'), contentType: 'application/json' };
}
