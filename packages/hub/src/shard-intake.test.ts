// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  digestSchema,
  organisationIdSchema,
  programmeIdSchema,
  sha256Hex,
  silentLogger,
  systemClock,
  systemRandom,
} from '@kiban/core';
import { contentDigest, generateSigningKey, type SigningKey, signRequest, verifyKeyToSpki } from '@kiban/crypto';
import { HubClient, hubRoutes, shardContentType } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import { EventLog, openDatabase } from '@kiban/store-sql';
import type { FastifyInstance } from 'fastify';
import type { Kysely } from 'kysely';
import { AggregationService } from './aggregation-service.ts';
import { createHubApp } from './app.ts';
import { createAuthenticator } from './authentication.ts';
import type { HubParts } from './hub-parts.ts';
import { Members } from './members.ts';
import { type HubSchema, hubMigrations } from './schema.ts';
import { ShardSpool } from './shard-spool.ts';

const shardBytes = 1 << 20;
const zeros = digestSchema.parse('0'.repeat(64));
const organisations = ['org-a', 'org-b', 'org-c'].map((name) => organisationIdSchema.parse(name));
const sender = organisations[0]!;
const key = generateSigningKey();
const plan: AggregationPlan = {
  version: 1,
  programme: programmeIdSchema.parse('test-1'),
  instance: 'test-1.r1.update',
  attempt: 1,
  roster: organisations.map((organisation) => ({
    organisation,
    roundPublicKey: verifyKeyToSpki(generateSigningKey().verifyKey),
  })),
  threshold: 3,
  quorum: 3,
  baseDigest: zeros,
  wordCount: 20 * (shardBytes / 2),
  bits: 16,
  levelLimit: 127,
  scalesDigest: zeros,
  scalars: [],
  shardBytes,
  prg: 'aes-256-ctr/v1',
  graceMs: 60_000,
};
const spoolFolder = (folder: string) => join(folder, 'aggregation', 'spool', plan.instance, '1', sender);

let folder: string;
let database: Kysely<HubSchema>;
let aggregation: AggregationService;
let app: FastifyInstance;
let origin = '';
let client: HubClient;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kiban-intake-'));
  database = await openDatabase<HubSchema>(join(folder, 'hub.sqlite'), hubMigrations);
  const nothing = { reason: '', clip_factor: 12, rejected_in_a_row: 0, version: 1, created_at_ms: 0 };
  await database
    .insertInto('programme')
    .values({
      ...nothing,
      programme: plan.programme,
      plan_text: '',
      plan_digest: zeros,
      public_corpus_digest: zeros,
      phase: 'running',
    })
    .execute();
  aggregation = serviceOf();
  await aggregation.start();
  await aggregation.open(plan);
  const members = new Members(database, systemClock, new EventLog(database, systemClock, silentLogger));
  members.byMessageKey = async (keyId) =>
    keyId === key.keyId ? { organisation: sender, key: key.verifyKey } : undefined;
  app = createHubApp({
    aggregation,
    authenticator: createAuthenticator({
      members,
      clock: systemClock,
      logger: silentLogger,
      publicOrigin: () => origin,
    }),
    logger: silentLogger,
    stopping: new AbortController().signal,
  } as HubParts);
  origin = await app.listen({ host: '127.0.0.1', port: 0 });
  client = new HubClient({ baseUrl: origin, key, clock: systemClock });
});
after(async () => {
  await client.close();
  await app.close();
  await aggregation.stop();
  await database.destroy();
  rmSync(folder, { recursive: true });
});

function serviceOf(): AggregationService {
  return new AggregationService({
    database,
    events: new EventLog(database, systemClock, silentLogger),
    directory: join(folder, 'aggregation'),
    key: generateSigningKey(),
    clock: systemClock,
    logger: silentLogger,
    onOutcome: () => undefined,
  });
}

const shardOf = (fill: number) => Buffer.alloc(shardBytes, fill);
const send = (shard: number, bytes: Uint8Array, sha256 = sha256Hex(bytes)) =>
  client.putShard(plan.instance, 1, shard, { bytes, sha256 });
const held = async () => (await client.heldShards(plan.instance, 1)).shards;
const files = () => (existsSync(spoolFolder(folder)) ? readdirSync(spoolFolder(folder)) : []);

/** A signed request whose body is sent by hand. */
function openUpload(shard: number, bytes: Uint8Array, signingKey: SigningKey = key): ClientRequest {
  const path = hubRoutes.shard(plan.instance, 1, shard);
  const signed = signRequest({
    method: 'PUT',
    targetUri: `${origin}${path}`,
    contentDigest: contentDigest(bytes),
    contentType: shardContentType,
    key: signingKey,
    createdSeconds: Date.now() / 1000,
    nonce: Buffer.from(systemRandom.bytes(16)).toString('base64url'),
  });
  const headers = { ...signed, 'content-type': shardContentType, 'content-length': bytes.length };
  return httpRequest(`${origin}${path}`, { method: 'PUT', headers, agent: false });
}

async function answerOf(upload: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(upload, 'response')) as [IncomingMessage];
  answer.resume();
  return answer;
}

/** Waits for something that the other end does; the runner's limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}

test('a shard is stored once: the same again is fine, another digest is refused, and a restart knows it', async () => {
  const first = openUpload(0, shardOf(1)).end(shardOf(1));
  assert.equal((await answerOf(first)).statusCode, 201);
  const again = openUpload(0, shardOf(1)).end(shardOf(1));
  assert.equal((await answerOf(again)).statusCode, 200);
  await assert.rejects(send(0, shardOf(2)), { code: 'shard-refused', status: 409 });
  const expected = [{ shard: 0, byteLength: shardBytes, sha256: sha256Hex(shardOf(1)) }];
  assert.deepEqual(await held(), expected);
  assert.deepEqual(files(), [`0.${shardBytes}.${expected[0]!.sha256}`]);
  assert.ok(shardOf(1).equals(readFileSync(join(spoolFolder(folder), files()[0]!))));
  const spool = new ShardSpool(join(folder, 'aggregation', 'spool', plan.instance, '1'));
  assert.deepEqual(spool.held(sender), []);
  await spool.prepare();
  assert.deepEqual(spool.held(sender), expected);
});

test('a length or digest other than the plan or the signature says is refused, and nothing of it stays', async () => {
  const before = files();
  await assert.rejects(send(1, Buffer.alloc(shardBytes - 2)), { code: 'shard-refused', status: 422 });
  await assert.rejects(send(20, shardOf(3)), { code: 'shard-refused', status: 422 });
  await assert.rejects(send(1, shardOf(3), sha256Hex(shardOf(4))), { code: 'shard-corrupted', status: 422 });
  assert.deepEqual(files(), before);
  await send(1, shardOf(3));
  assert.equal((await held()).length, 2, 'the right bytes are still welcome');
});

test('a signature is refused on the headers, before a byte of the body is there', async () => {
  const upload = openUpload(2, shardOf(5), generateSigningKey());
  upload.flushHeaders();
  upload.on('error', () => undefined);
  assert.equal((await answerOf(upload)).statusCode, 401);
  upload.destroy();
});

test('a sender that dies in the middle leaves nothing, and may send again', async () => {
  const before = files();
  const upload = openUpload(3, shardOf(6));
  upload.on('error', () => undefined);
  upload.write(shardOf(6).subarray(0, shardBytes / 2));
  await until(() => files().some((name) => name.endsWith('.tmp')));
  upload.destroy();
  await until(() => files().every((name) => !name.endsWith('.tmp')));
  assert.deepEqual(files(), before);
  await send(3, shardOf(6));
});

test('sixteen shards are received at once, the next wait in line, and beyond the line one is asked to come again', async () => {
  const temporary = () => files().filter((name) => name.endsWith('.tmp')).length;
  const uploads = Array.from({ length: 16 }, (_, index) => openUpload(4 + (index % 15), shardOf(index)));
  const answers = uploads.map(answerOf);
  for (const [index, upload] of uploads.entries()) upload.write(shardOf(index).subarray(0, 100));
  await until(() => temporary() === 16);
  const early: number[] = [];
  const line = Array.from({ length: 257 }, () => openUpload(19, shardOf(7)));
  const lineAnswers = line.map(async (upload) => {
    const answer = await answerOf(upload);
    early.push(answer.statusCode ?? 0);
    return answer;
  });
  for (const upload of line) upload.flushHeaders();
  // All wait with their bodies unsent, but one: the line holds 256.
  const refused = await Promise.race(lineAnswers);
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers['retry-after'], '1');
  await assert.rejects(send(19, shardOf(7)), { code: 'receptions-full', retryable: true });
  assert.deepEqual(early, [503]);
  assert.equal(temporary(), 16, 'who waits takes no place');
  for (const [index, upload] of uploads.entries()) upload.end(shardOf(index).subarray(100));
  const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  assert.deepEqual(statuses.toSorted(), [...Array.from({ length: 15 }, () => 201), 409], 'of two with one number, one');
  for (const upload of line) upload.end(shardOf(7));
  await Promise.all(lineAnswers);
  assert.deepEqual(early.toSorted(), [...Array.from({ length: 255 }, () => 200), 201, 503]);
  assert.equal(temporary(), 0);
});

test('every chunk that arrives is told, and what may not be named any more leaves nothing', async () => {
  const spool = new ShardSpool(join(folder, 'alone'));
  await spool.prepare();
  const bytes = shardOf(8);
  const body = () => ({
    byteLength: bytes.length,
    sha256: sha256Hex(bytes),
    stream: Readable.from([bytes.subarray(0, 10), bytes.subarray(10, 500), bytes.subarray(500)]),
  });
  const counts: number[] = [];
  const onBytes = (count: number) => counts.push(count);
  const beforeNaming = () => {
    throw new Error('too late');
  };
  await assert.rejects(spool.receive(sender, 0, body(), { onBytes, beforeNaming }), /too late/);
  assert.deepEqual(readdirSync(join(folder, 'alone', sender)), []);
  assert.deepEqual(counts, [10, 490, bytes.length - 500]);
  const both = await Promise.all(
    [1, 2].map(() => spool.receive(sender, 0, body(), { onBytes, beforeNaming: () => undefined })),
  );
  assert.deepEqual(both.toSorted(), ['held', 'stored']);
  assert.equal(readdirSync(join(folder, 'alone', sender)).length, 1);
});
