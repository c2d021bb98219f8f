// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError, type OrganisationId, sha256Hex, silentLogger, systemClock } from '@kiban/core';
import { signingKeyFromPem } from '@kiban/crypto';
import {
  AggregationMember,
  type InstanceOutcome,
  initialiseNode,
  type MaskingPool,
  Membership,
  type NodeSchema,
  nodeConfigSchema,
  nodeMigrations,
} from '@kiban/node';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { EgressAudit } from './egress-audit.ts';
import { FaultyHubClient, type MemberFaults } from './faulty-hub-client.ts';

type Database = Awaited<ReturnType<typeof openDatabase<NodeSchema>>>;

/** The product's member in this process: keys, marks, journals, masks, HTTP client; its update is drawn at random. */
export class TestedMember {
  readonly organisation: OrganisationId;
  /** Of the key that signs its requests. */
  readonly keyId: string;
  readonly levels: Int8Array;
  /** By instance. */
  readonly audits = new Map<string, EgressAudit>();
  readonly #directory: string;
  readonly #database: Database;
  readonly #client: FaultyHubClient;
  readonly #aggregation: AggregationMember;
  readonly #closing = new AbortController();

  private constructor(parts: {
    readonly organisation: OrganisationId;
    readonly directory: string;
    readonly database: Database;
    readonly hubKey: string;
    readonly levels: Int8Array;
    readonly keys: ConstructorParameters<typeof Membership>[2];
    readonly hubOrigin: string;
    readonly masking: MaskingPool;
  }) {
    const { organisation, directory, database, hubKey, keys, levels, hubOrigin, masking } = parts;
    this.organisation = organisation;
    this.keyId = keys.message.keyId;
    this.levels = levels;
    this.#directory = directory;
    this.#database = database;
    this.#client = new FaultyHubClient(
      { baseUrl: hubOrigin, key: keys.message, clock: systemClock },
      (instance, attempt, stage, text) =>
        this.audit(instance).watch(this.#journalPath(instance, attempt), attempt, stage, text),
    );
    this.#aggregation = new AggregationMember({
      hub: this.#client,
      hubKey,
      organisation,
      roundKey: keys.round,
      database,
      directory: join(directory, 'journals'),
      logger: silentLogger,
      masking,
    });
  }

  static async join(enrolment: {
    readonly directory: string;
    readonly organisation: OrganisationId;
    readonly hubOrigin: string;
    readonly invitation: string;
    readonly wordCount: number;
    readonly levelLimit: number;
    readonly masking: MaskingPool;
  }): Promise<TestedMember> {
    const { directory, organisation, hubOrigin, invitation, wordCount, levelLimit, masking } = enrolment;
    const config = nodeConfigSchema.parse({ organisation, displayName: organisation });
    await initialiseNode(directory, config);
    const key = async (name: string) =>
      signingKeyFromPem(await readFile(join(directory, 'keys', `${name}.pem`), 'utf8'));
    const keys = { message: await key('message'), round: await key('round') };
    const database = await openDatabase<NodeSchema>(join(directory, 'node.sqlite'), nodeMigrations);
    const membership = new Membership(database, new EventLog(database, systemClock, silentLogger), keys);
    const coalition = await membership.join(config, hubOrigin, invitation);
    const levels = Int8Array.from({ length: wordCount }, () => randomInt(-levelLimit, levelLimit + 1));
    writeFileSync(join(directory, 'update.levels'), levels);
    const { hubKey } = coalition;
    return new TestedMember({ organisation, directory, database, hubKey, levels, keys, hubOrigin, masking });
  }

  audit(instance: string): EgressAudit {
    const audit = this.audits.get(instance) ?? new EgressAudit();
    this.audits.set(instance, audit);
    return audit;
  }

  /** Takes part as a node does: what may be tried again is, until the attempt is over or `present` says that this member is gone. */
  async run(
    instance: string,
    attempt: number,
    faults: MemberFaults = {},
    present: AbortSignal = new AbortController().signal,
  ): Promise<InstanceOutcome> {
    const signal = AbortSignal.any([present, this.#closing.signal]);
    this.#client.faults.set(`${instance}#${attempt}`, faults);
    for (;;) {
      try {
        return await this.#aggregation.run({
          instance,
          attempt,
          expect: () => undefined,
          limits: { lowQuorumApproved: true },
          contribute: async () => {
            await faults.whileTraining?.();
            signal.throwIfAborted();
            const levelsPath = join(this.#directory, 'update.levels');
            return { wordsDigest: sha256Hex(await readFile(levelsPath)), scalars: { steps: 1 }, levelsPath };
          },
          signal,
        });
      } catch (error) {
        if (signal.aborted || !isKibanError(error) || !(error.retryable || error.status >= 500)) throw error;
        await delay(50);
      }
    }
  }

  /** The hub asks for nothing of this instance any more. */
  async forget(instance: string): Promise<void> {
    await this.#aggregation.forget(instance.split('.')[0]!, (other) => other !== instance);
  }

  journals(instance: string): string[] {
    const folder = join(this.#directory, 'journals');
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`${instance}.`)) : [];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.close();
    await this.#database.destroy();
  }

  #journalPath(instance: string, attempt: number): string {
    return join(this.#directory, 'journals', `${instance}.${attempt}.journal`);
  }
}
