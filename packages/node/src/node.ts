// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { KibanError, type Logger, lockDirectory, readYamlFile, systemClock, writeFileDurably } from '@kiban/core';
import { generateSigningKey, signingKeyFromPem, signingKeyToPem } from '@kiban/crypto';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import type { AdministrationAddress } from '@kiban/protocol';
import { clearIncoming, openFileBlobStore } from '@kiban/store-blob';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { threadRingKernels } from '@kiban/tensor';
import { stringify } from 'yaml';
import { ActivityBoard } from './activity.ts';
import { AggregationMember } from './aggregation-member.ts';
import { createNodeApp } from './app.ts';
import { Approvals } from './approvals.ts';
import { type NodeConfig, nodeConfigSchema } from './config.ts';
import { DataCards } from './data-cards.ts';
import { DataSets } from './data-sets.ts';
import { LocalTraining } from './local-training.ts';
import { MaskingPool } from './masking-pool.ts';
import { Membership } from './membership.ts';
import { ModelServing } from './model-serving.ts';
import { ProgrammeFollowing } from './programme-following.ts';
import { type NodeSchema, nodeMigrations } from './schema.ts';

const keyFiles = { message: 'message.pem', round: 'round.pem', noise: 'noise.key' } as const;

/** Makes a node's directory: configuration and keys. Nothing that others trust is ever created by a missing file. */
export async function initialiseNode(directory: string, config: NodeConfig): Promise<void> {
  if (existsSync(join(directory, 'node.yaml')))
    throw new KibanError({
      code: 'already-initialised',
      status: 409,
      title: { ja: 'すでに初期化されています', en: 'Already initialised' },
      detail: { ja: `${directory} にはすでにノードがあります。`, en: `There is a node in ${directory} already.` },
    });
  const keys = join(directory, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await writeFileDurably(join(keys, keyFiles.message), signingKeyToPem(generateSigningKey()).open(), { mode: 0o600 });
  await writeFileDurably(join(keys, keyFiles.round), signingKeyToPem(generateSigningKey()).open(), { mode: 0o600 });
  await writeFileDurably(join(keys, keyFiles.noise), randomBytes(32), { mode: 0o600 });
  await writeFileDurably(join(directory, 'node.yaml'), stringify(config));
}

export interface RunningNode {
  /** Where applications ask: `ORIGIN/v1`. */
  readonly origin: string;
  readonly administration: AdministrationAddress;
  stop(): Promise<void>;
}

/**
 * Starts the node of a directory; if it has joined a coalition it goes on with whatever was under way there.
 * @throws KibanError `not-initialised`, `directory-locked`, `config-invalid`, `port-in-use`, `kernels-missing`, `kernels-changed`
 */
export async function startNode(
  directory: string,
  logger: Logger,
  options: { readonly port?: number } = {},
): Promise<RunningNode> {
  if (!existsSync(join(directory, 'node.yaml'))) throw notInitialised(directory);
  const config = await readYamlFile(join(directory, 'node.yaml'), nodeConfigSchema);
  // Missing kernels end the start, not the first round.
  threadRingKernels();
  const lock = lockDirectory(directory);
  const stopping = new AbortController();
  const closers: (() => Promise<unknown>)[] = [async () => lock.release()];
  const stop = async () => {
    stopping.abort();
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const keys = {
      message: signingKeyFromPem(await readFile(join(directory, 'keys', keyFiles.message), 'utf8')),
      round: signingKeyFromPem(await readFile(join(directory, 'keys', keyFiles.round), 'utf8')),
    };
    const noiseKey = await readFile(join(directory, 'keys', keyFiles.noise));
    const database = await openDatabase<NodeSchema>(join(directory, 'node.sqlite'), nodeMigrations);
    closers.push(() => database.destroy());
    await clearIncoming(join(directory, 'blobs'));
    const blobs = openFileBlobStore(join(directory, 'blobs'));
    const clock = systemClock;
    const events = new EventLog(database, clock, logger);
    const activity = new ActivityBoard();
    const trainer = createOnnxTrainer({ onStarted: (pid) => logger.info('trainer-started', { pid }) });
    const dataSets = new DataSets(database, clock, events, join(directory, 'corpus'));
    const { organisation } = config;
    const dataCards = new DataCards({ organisation, key: keys.message, dataSets, clock, events });
    const approvals = new Approvals(database, dataSets, clock, events);
    const membership = new Membership(database, events, keys, clock);
    const serving = new ModelServing({
      database,
      blobs,
      events,
      clock,
      logger,
      directory: join(directory, 'models'),
      threadCount: config.inference.threadCount,
    });
    closers.push(() => serving.close());
    const localTraining = new LocalTraining({
      dataSets,
      serving,
      trainer,
      activity,
      directory: join(directory, 'local'),
      threadCount: config.training.threadCount,
      heldOutPerMille: config.training.heldOutPerMille,
    });
    const masking = new MaskingPool({ workerCount: config.masking.threadCount });
    closers.push(() => masking.close());
    let following: ProgrammeFollowing | undefined;
    const follow = async () => {
      const coalition = await membership.current();
      if (coalition === undefined || following !== undefined) return;
      const hub = membership.client(coalition.hubOrigin);
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
      following = new ProgrammeFollowing({
        organisation: config.organisation,
        config,
        hub,
        aggregation,
        approvals,
        dataSets,
        dataCards,
        blobs,
        database,
        events,
        activity,
        trainer,
        noiseKey,
        soloThreadCount: availableParallelism(),
        logger,
        programmesDirectory: join(directory, 'programmes'),
        onReleased: async (release) => {
          await serving.pull(hub, release, stopping.signal);
        },
        signal: stopping.signal,
      });
      const running = following.run();
      closers.push(async () => {
        await running;
        await hub.close();
      });
    };
    const administrationToken = randomBytes(32).toString('base64url');
    const app = createNodeApp({
      config,
      membership,
      dataSets,
      dataCards,
      approvals,
      serving,
      localTraining,
      activity,
      events,
      administrationToken,
      clock,
      logger,
      stopping: stopping.signal,
      onJoined: follow,
      isProgrammeOver: (programme) => following?.isOver(programme) ?? false,
    });
    const port = options.port ?? config.listen.port;
    const origin = await app.listen({ host: config.listen.host, port }).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portInUse(config.listen.host, port) : error;
    });
    closers.push(() => app.close());
    const administration: AdministrationAddress = { url: origin, token: administrationToken, pid: process.pid };
    const administrationFile = join(directory, 'administration.json');
    await writeFileDurably(administrationFile, JSON.stringify(administration), { mode: 0o600 });
    closers.push(() => rm(administrationFile, { force: true }));
    await follow();
    void serving.start();
    logger.info('node-started', {
      organisation: config.organisation,
      port: Number(new URL(origin).port),
      pid: process.pid,
    });
    return { origin, administration, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function notInitialised(directory: string): KibanError {
  return new KibanError({
    code: 'not-initialised',
    status: 404,
    title: { ja: '初期化されていません', en: 'Not initialised' },
    detail: {
      ja: `${directory} にノードがありません。まず kiban node init --directory ${directory} を実行してください。`,
      en: `There is no node in ${directory}. Run kiban node init --directory ${directory} first.`,
    },
  });
}

function portInUse(host: string, port: number): KibanError {
  return new KibanError({
    code: 'port-in-use',
    status: 409,
    title: { ja: 'ポートは使用中です', en: 'The port is in use' },
    detail: {
      ja: `${host}:${port} は別のプログラムが使用中です。--port で別の番号を指定してください (0 は空いている番号)。`,
      en: `${host}:${port} is used by another program. Name another one with --port (0 takes a free one).`,
    },
  });
}
