// SPDX-License-Identifier: Apache-2.0
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createLogger, Sealed, systemClock } from '@kiban/core';
import { signingKeyFromPem, verifyKeyToSpki } from '@kiban/crypto';
import {
  AggregationMember,
  initialiseNode,
  type JoinedCoalition,
  MaskingPool,
  Membership,
  type NodeSchema,
  nodeConfigSchema,
  nodeMigrations,
  uploadShards,
} from '@kiban/node';
import { HubClient } from '@kiban/protocol';
import { EventLog, openDatabase } from '@kiban/store-sql';
import type { Enrolment, MemberRound, PlainUpload, RoundTask } from './member-calls.ts';
import { answerCalls } from './process-calls.ts';
import { type LevelsSource, writeSeededLevels } from './seeded-levels.ts';

// One member: the product's keys, database, journals, client and protocol around an update that a seed made.

const logger = createLogger('member');
const masking = new MaskingPool({ workerCount: 1 });
const sockets: Socket[] = [];
subscribe('undici:client:connected', (message) => sockets.push((message as { socket: Socket }).socket));
const socketBytes = () => sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);

let bodyBytes = 0;
const messageSentAtMs = new Map<string, number>();
let member: Awaited<ReturnType<typeof open>> | undefined;
let levelsPath = '';
let levelsDigest = '';

answerCalls({
  async join(enrolment: Enrolment): Promise<string> {
    member = await open(enrolment);
    return verifyKeyToSpki(member.keys.message.verifyKey);
  },
  /** Makes the update, unless a member that was lost made it before. */
  make(source: LevelsSource): void {
    levelsPath = join(member!.directory, 'update.levels');
    const digestPath = `${levelsPath}.sha256`;
    if (!existsSync(digestPath)) writeFileSync(digestPath, writeSeededLevels(levelsPath, source));
    levelsDigest = readFileSync(digestPath, 'utf8');
  },
  async run(task: RoundTask): Promise<MemberRound> {
    const before = { body: bodyBytes, socket: socketBytes() };
    let masksAgreedAtMs = 0;
    const outcome = await member!.aggregation.run({
      instance: task.instance,
      attempt: task.attempt,
      expect: () => undefined,
      limits: { lowQuorumApproved: true },
      contribute: async () => {
        masksAgreedAtMs = Date.now();
        return {
          wordsDigest: levelsDigest,
          scalars: { steps: 1 },
          levelsPath,
        };
      },
      onShardUploaded: (done, total) => {
        // No handler runs, nothing is flushed: what a power cut leaves.
        if (task.diesHalfway && done >= Math.ceil(total / 2)) process.kill(process.pid, 'SIGKILL');
      },
      signal: new AbortController().signal,
    });
    return {
      outcome,
      masksAgreedAtMs,
      manifestSentAtMs: messageSentAtMs.get('manifest') ?? 0,
      bodyBytes: bodyBytes - before.body,
      socketBytes: socketBytes() - before.socket,
    };
  },
  async uploadPlain({ plan, origin }: PlainUpload): Promise<void> {
    await using intake = new HubClient({ baseUrl: origin, key: member!.keys.message, clock: systemClock });
    await uploadShards({
      plan,
      streams: new Sealed([]),
      levelsPath,
      pool: masking,
      held: [],
      put: async (shard) => {
        await intake.putShard(plan.instance, plan.attempt, shard.n, shard);
        return 'stored';
      },
      onUploaded: () => undefined,
    });
  },
});

async function open({ directory, organisation, hubOrigin, invitation }: Enrolment) {
  const config = nodeConfigSchema.parse({ organisation, displayName: organisation });
  if (!existsSync(join(directory, 'node.yaml'))) await initialiseNode(directory, config);
  const key = async (name: string) => signingKeyFromPem(await readFile(join(directory, 'keys', `${name}.pem`), 'utf8'));
  const keys = { message: await key('message'), round: await key('round') };
  const database = await openDatabase<NodeSchema>(join(directory, 'node.sqlite'), nodeMigrations);
  const membership = new Membership(database, new EventLog(database, systemClock, logger), keys);
  const coalition: JoinedCoalition =
    (await membership.current()) ?? (await membership.join(config, hubOrigin, invitation));
  const hub = new HubClient({
    baseUrl: coalition.hubOrigin,
    key: keys.message,
    clock: systemClock,
    onSent: (route, bytes) => {
      bodyBytes += bytes;
      const stage = /\/messages\/([a-z]+)$/.exec(route)?.[1];
      if (stage !== undefined) messageSentAtMs.set(stage, Date.now());
    },
  });
  const aggregation = new AggregationMember({
    hub,
    hubKey: coalition.hubKey,
    organisation: config.organisation,
    roundKey: keys.round,
    database,
    directory: join(directory, 'journals'),
    logger,
    masking,
  });
  return { directory, keys, aggregation };
}
