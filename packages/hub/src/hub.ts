// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Clock,
  KibanError,
  type Logger,
  lockDirectory,
  readYamlFile,
  systemClock,
  writeFileDurably,
} from '@kiban/core';
import { reviewByDetector } from '@kiban/corpus';
import { generateSigningKey, signingKeyFromPem, signingKeyToPem, verifyKeyToSpki } from '@kiban/crypto';
import type { AdministrationAddress, Coalition } from '@kiban/protocol';
import { clearIncoming, openFileBlobStore } from '@kiban/store-blob';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { threadRingKernels } from '@kiban/tensor';
import { stringify } from 'yaml';
import { AggregationService } from './aggregation-service.ts';
import { createHubApp } from './app.ts';
import { createAuthenticator } from './authentication.ts';
import { type HubConfig, hubConfigSchema } from './config.ts';
import { Members } from './members.ts';
import { Programmes } from './programmes.ts';
import { ReleaseWriter } from './release-writer.ts';
import { RoundDriver } from './round-driver.ts';
import { type HubSchema, hubMigrations } from './schema.ts';
import { TokenizerDriver } from './tokenizer-driver.ts';

/** Makes a hub's directory: configuration and key. State that others trust is never created by a missing file. */
export async function initialiseHub(directory: string, config: HubConfig): Promise<void> {
  if (existsSync(join(directory, 'hub.yaml')))
    throw new KibanError({
      code: 'already-initialised',
      status: 409,
      title: { ja: 'すでに初期化されています', en: 'Already initialised' },
      detail: { ja: `${directory} にはすでにハブがあります。`, en: `There is a hub in ${directory} already.` },
    });
  await mkdir(join(directory, 'keys'), { recursive: true, mode: 0o700 });
  await writeFileDurably(join(directory, 'keys', 'hub.pem'), signingKeyToPem(generateSigningKey()).open(), {
    mode: 0o600,
  });
  await writeFileDurably(join(directory, 'hub.yaml'), stringify(config));
}

const longestStopMs = 3_000;

export interface RunningHub {
  /** Where members reach it. */
  readonly origin: string;
  readonly administration: AdministrationAddress;
  /** Attempts of secure aggregation, for what runs in the hub's own process. */
  readonly aggregation: AggregationService;
  stop(): Promise<void>;
}

/**
 * Starts the hub of a directory and goes on with whatever was under way.
 * @throws KibanError `not-initialised`, `directory-locked`, `config-invalid`, `port-in-use`, `kernels-missing`, `kernels-changed`
 */
export async function startHub(
  directory: string,
  logger: Logger,
  options: { port?: number; clock?: Clock } = {},
): Promise<RunningHub> {
  const clock = options.clock ?? systemClock;
  if (!existsSync(join(directory, 'hub.yaml'))) throw notInitialised(directory);
  const config = await readYamlFile(join(directory, 'hub.yaml'), hubConfigSchema);
  // Missing kernels end the start, not the first sum.
  threadRingKernels();
  const lock = lockDirectory(directory);
  const stopping = new AbortController();
  const closers: (() => Promise<unknown>)[] = [async () => lock.release()];
  const stop = async () => {
    stopping.abort();
    for (const close of closers.reverse()) await close();
    closers.length = 0;
  };
  try {
    const key = signingKeyFromPem(await readFile(join(directory, 'keys', 'hub.pem'), 'utf8'));
    const database = await openDatabase<HubSchema>(join(directory, 'hub.sqlite'), hubMigrations);
    closers.push(() => database.destroy());
    await clearIncoming(join(directory, 'blobs'));
    await rm(join(directory, 'work'), { recursive: true, force: true });
    const blobs = openFileBlobStore(join(directory, 'blobs'));
    const events = new EventLog(database, clock, logger);
    const members = new Members(database, clock, events);
    const programmes = new Programmes(database, blobs, clock, events);
    const releases = new ReleaseWriter({ database, blobs, events, clock, workDirectory: join(directory, 'work') });
    let driver: RoundDriver | undefined;
    const aggregation = new AggregationService({
      database,
      events,
      directory: join(directory, 'aggregation'),
      key,
      clock,
      logger,
      onOutcome: (programme) => driver?.advance(programme),
    });
    const tokenizers = new TokenizerDriver({
      programmes,
      members,
      aggregation,
      blobs,
      events,
      clock,
      review: reviewByDetector,
      workDirectory: join(directory, 'work'),
      signal: stopping.signal,
    });
    driver = new RoundDriver({
      database,
      programmes,
      members,
      aggregation,
      blobs,
      events,
      releases,
      tokenizers,
      clock,
      logger,
      workDirectory: join(directory, 'work'),
    });
    const coalition: Coalition = {
      coalition: config.coalition,
      protocolVersion: 1,
      hubKey: verifyKeyToSpki(key.verifyKey),
    };
    const administrationToken = randomBytes(32).toString('base64url');
    let origin = config.publicOrigin ?? '';
    const authenticator = createAuthenticator({ members, clock, logger, publicOrigin: () => origin });
    const app = createHubApp({
      coalition,
      members,
      programmes,
      aggregation,
      driver,
      releases,
      blobs,
      events,
      authenticator,
      administrationToken,
      clock,
      logger,
      stopping: stopping.signal,
    });
    // Nobody is answered before every attempt is back from its journal.
    await aggregation.start();
    closers.push(() => aggregation.stop());
    const port = options.port ?? config.listen.port;
    const address = await app.listen({ host: config.listen.host, port }).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portInUse(config.listen.host, port) : error;
    });
    closers.push(async () => {
      // What is still being received then is sent again to the next start.
      const impatience = setTimeout(() => app.server.closeAllConnections(), longestStopMs);
      await app.close();
      clearTimeout(impatience);
    });
    if (origin === '') origin = address;
    const administration: AdministrationAddress = { url: address, token: administrationToken, pid: process.pid };
    await driver.start();
    closers.push(async () => driver?.stop());
    const administrationFile = join(directory, 'administration.json');
    await writeFileDurably(administrationFile, JSON.stringify(administration), { mode: 0o600 });
    closers.push(() => rm(administrationFile, { force: true }));
    logger.info('hub-started', { port: Number(new URL(address).port), pid: process.pid });
    return { origin, administration, aggregation, stop };
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
      ja: `${directory} にハブがありません。まず kiban hub init --directory ${directory} を実行してください。`,
      en: `There is no hub in ${directory}. Run kiban hub init --directory ${directory} first.`,
    },
  });
}

export function portInUse(host: string, port: number): KibanError {
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
