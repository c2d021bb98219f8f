// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestSchema, type OrganisationId, organisationIdSchema } from '@kiban/core';
import { type VerifyKey, verifyKeyFromSpki, verifyRequest } from '@kiban/crypto';
import { ShardSpool, sumShardsInWorker } from '@kiban/hub';
import type { AggregationPlan } from '@kiban/secagg';
import { answerCalls } from './process-calls.ts';

// The control: the same signed requests, spool and sum for words that nothing hides. Only the bench has it.

const memberOfKey = new Map<string, { organisation: OrganisationId; key: VerifyKey }>();
let spool: ShardSpool | undefined;
let origin = '';

const server = createServer((request, response) => {
  void receive(request).then(
    () => response.writeHead(201).end(),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});

answerCalls({
  async start({ members }: { members: readonly { organisation: string; messageKey: string }[] }): Promise<string> {
    for (const { organisation, messageKey } of members) {
      const key = verifyKeyFromSpki(messageKey);
      memberOfKey.set(key.keyId, { organisation: organisationIdSchema.parse(organisation), key });
    }
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return origin;
  },
  async prepare(directory: string): Promise<void> {
    spool = new ShardSpool(directory);
    await spool.prepare();
  },
  async sum({ plan, survivors }: { plan: AggregationPlan; survivors: OrganisationId[] }): Promise<string> {
    const shardPaths: string[][] = [];
    for (const survivor of survivors)
      shardPaths.push(spool!.held(survivor).map((shard) => spool!.pathOf(survivor, shard)));
    const sumPath = spool!.sumPath;
    const shardDigests = survivors.map((survivor) => spool!.held(survivor).map(({ sha256 }) => sha256));
    await sumShardsInWorker({ plan, shardPaths, shardDigests, streams: [], sumPath });
    return sumPath;
  },
  erase: () => spool!.erase(),
});

async function receive(request: IncomingMessage): Promise<void> {
  const path = request.url ?? '/';
  const verified = await verifyRequest({
    method: request.method ?? '',
    targetUri: `${origin}${path}`,
    headers: request.headers,
    body: 'deferred',
    resolveKey: (keyId) => memberOfKey.get(keyId)?.key,
    nowSeconds: Date.now() / 1000,
  });
  if (!verified.ok) throw new Error(verified.code);
  const shard = Number(path.slice(path.lastIndexOf('/') + 1));
  const body = {
    byteLength: Number(request.headers['content-length']),
    sha256: digestSchema.parse(Buffer.from(verified.contentDigest[0]!.value).toString('hex')),
    stream: request,
  };
  const hooks = { onBytes: () => undefined, beforeNaming: () => undefined };
  await spool!.receive(memberOfKey.get(verified.keyId)!.organisation, shard, body, hooks);
}
