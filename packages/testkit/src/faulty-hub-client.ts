// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Sha256Digest } from '@kiban/core';
import { contentDigestOf, signRequest } from '@kiban/crypto';
import { HubClient, type HubClientOptions, hubRoutes, problemFrom, shardContentType } from '@kiban/protocol';
import type { MemberStage } from '@kiban/secagg';

/** What can go wrong between a member and its hub. Each hook may throw or take as long as it likes. */
export interface MemberFaults {
  readonly beforeMessage?: (stage: MemberStage) => Promise<void> | void;
  /** Once the hub has taken it. */
  readonly afterMessage?: (stage: MemberStage) => Promise<void> | void;
  /** In place of the upload of a shard. */
  readonly putShard?: (shard: OutgoingShard) => Promise<void>;
  /** While the update is made. */
  readonly whileTraining?: () => Promise<void> | void;
}

/** A shard about to leave, as often and as changed as a test wants. */
export interface OutgoingShard {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly sha256: Sha256Digest;
  /** Sends it over HTTP, signed by this member. @throws KibanError as the hub refuses it */
  send(changed?: { readonly bytes?: Uint8Array; readonly sha256?: Sha256Digest }): Promise<void>;
  /** A signed request whose body is sent by hand: of another length, or under the name of another member's key. */
  begin(changed?: { readonly byteLength?: number; readonly keyId?: string }): ClientRequest;
}

/** Sees every message of the protocol just before it leaves. */
export type MessageWatch = (instance: string, attempt: number, stage: MemberStage, text: string) => void;

/** The node's client, and a way to disturb it, attempt by attempt. */
export class FaultyHubClient extends HubClient {
  /** By `instance#attempt`. */
  readonly faults = new Map<string, MemberFaults>();
  readonly #onMessage: MessageWatch;
  readonly #connection: HubClientOptions;

  constructor(options: HubClientOptions, onMessage: MessageWatch) {
    super(options);
    this.#connection = options;
    this.#onMessage = onMessage;
  }

  override async putMessage(
    instance: string,
    attempt: number,
    stage: MemberStage,
    text: string,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.faults.get(`${instance}#${attempt}`)?.beforeMessage?.(stage);
    signal?.throwIfAborted();
    this.#onMessage(instance, attempt, stage, text);
    await super.putMessage(instance, attempt, stage, text, signal);
    await this.faults.get(`${instance}#${attempt}`)?.afterMessage?.(stage);
  }

  override async putShard(
    instance: string,
    attempt: number,
    shard: number,
    masked: { readonly bytes: Uint8Array; readonly sha256: Sha256Digest },
    signal?: AbortSignal,
  ): Promise<void> {
    const disturbed = this.faults.get(`${instance}#${attempt}`)?.putShard;
    if (disturbed === undefined) return super.putShard(instance, attempt, shard, masked, signal);
    const { bytes, sha256 } = masked;
    await disturbed({
      number: shard,
      bytes,
      sha256,
      send: (changed) => super.putShard(instance, attempt, shard, { bytes, sha256, ...changed }, signal),
      begin: ({ byteLength = bytes.byteLength, keyId } = {}) =>
        this.#begin(hubRoutes.shard(instance, attempt, shard), byteLength, sha256, keyId),
    });
    signal?.throwIfAborted();
  }

  #begin(path: string, byteLength: number, sha256: Sha256Digest, keyId?: string): ClientRequest {
    const { baseUrl, key } = this.#connection;
    const signed = signRequest({
      method: 'PUT',
      targetUri: `${baseUrl}${path}`,
      contentDigest: contentDigestOf(sha256),
      contentType: shardContentType,
      key: keyId === undefined ? key : { ...key, keyId },
      createdSeconds: Date.now() / 1_000,
      nonce: randomBytes(16).toString('base64url'),
    });
    const upload = httpRequest(`${baseUrl}${path}`, {
      method: 'PUT',
      headers: { ...signed, 'content-type': shardContentType, 'content-length': String(byteLength) },
      agent: false,
    });
    // A connection that is cut on purpose is looked at through its answer, or not at all.
    upload.on('error', () => undefined);
    return upload;
  }
}

/** The answer's status; what is no success is thrown as the client of the product would. @throws KibanError */
export async function statusOf(upload: ClientRequest): Promise<number> {
  const [answer] = (await once(upload, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer.setEncoding('utf8')) body += chunk;
  const status = answer.statusCode ?? 0;
  if (status >= 300) throw problemFrom(status, body);
  return status;
}
