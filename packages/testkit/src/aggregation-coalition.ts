// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OrganisationId, organisationIdSchema, programmeIdSchema, sha256Hex, silentLogger } from '@kiban/core';
import { type AttemptOutcome, hubConfigSchema, initialiseHub, type RunningHub, startHub } from '@kiban/hub';
import { MaskingPool } from '@kiban/node';
import type { Invitation, Member, ServiceEvent } from '@kiban/protocol';
import { type AggregationPlan, leastThreshold } from '@kiban/secagg';
import { TestedMember } from './tested-member.ts';

const programme = programmeIdSchema.parse('faults');
const noDigest = sha256Hex('');
const levelLimit = 127;

/** Three shards of each member, the last one short. */
export const shardBytes = 65_536;
const wordCount = 80_007;
export const shardCount = 3;

/** The product's hub and members, without trainers, in one process over HTTP on loopback: everything of secure aggregation, and nothing else. */
export class AggregationCoalition implements AsyncDisposable {
  readonly directory: string;
  members: readonly TestedMember[] = [];
  #hub: RunningHub | undefined;
  #disposed = false;
  /** For all members: a test that holds up one of them holds up one shard. */
  readonly #masking = new MaskingPool({ workerCount: 2 });

  private constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'kiban-faults-'));
  }

  static async create(memberCount: number): Promise<AggregationCoalition> {
    const coalition = new AggregationCoalition();
    await initialiseHub(
      join(coalition.directory, 'hub'),
      hubConfigSchema.parse({ coalition: 'faults', listen: { port: 0 } }),
    );
    await coalition.startHub();
    const organisations = Array.from({ length: memberCount }, (_, index) =>
      organisationIdSchema.parse(`member-${'abcdefgh'[index]}`),
    );
    const members: TestedMember[] = [];
    const masking = coalition.#masking;
    for (const organisation of organisations) {
      const { invitation } = await coalition.#call<Invitation>('POST', '/invitations', { organisation });
      const directory = join(coalition.directory, organisation);
      const hubOrigin = coalition.#hub!.origin;
      members.push(
        await TestedMember.join({ directory, organisation, hubOrigin, invitation, wordCount, levelLimit, masking }),
      );
    }
    coalition.members = members;
    const { digest } = await coalition.#call<{ digest: string }>('PUT', '/blobs', Buffer.from('{"text":"faults"}\n'));
    const planText = `version: 1\nprogramme: ${programme}\ntitle: faults\npurpose: tests\nparticipants: [${organisations.join(', ')}]\n`;
    await coalition.#call('POST', '/programmes', { planText, publicCorpus: digest });
    return coalition;
  }

  get hub(): RunningHub {
    return this.#hub!;
  }

  /** At the address that members signed up to. */
  async startHub(): Promise<void> {
    const port = this.#hub === undefined ? undefined : Number(new URL(this.#hub.origin).port);
    const options = port === undefined ? {} : { port };
    this.#hub = await startHub(join(this.directory, 'hub'), silentLogger, options);
  }

  async open(instance: string, attempt: number, settings: { readonly graceMs: number; readonly quorum: number }) {
    const { members } = await this.#call<{ members: Member[] }>('GET', '/status');
    const plan: AggregationPlan = {
      version: 1,
      programme,
      instance,
      attempt,
      roster: members.map(({ organisation, roundKey }) => ({ organisation, roundPublicKey: roundKey })),
      threshold: leastThreshold(members.length),
      quorum: settings.quorum,
      baseDigest: noDigest,
      wordCount,
      bits: 16,
      levelLimit,
      scalesDigest: noDigest,
      scalars: [{ name: 'steps', scale: 1, bound: 1_000 }],
      shardBytes,
      prg: 'aes-256-ctr/v1',
      graceMs: settings.graceMs,
    };
    await this.hub.aggregation.open(plan);
  }

  /** Once the attempt has an outcome. */
  ended(instance: string, attempt: number): Promise<Exclude<AttemptOutcome, { state: 'open' }>> {
    return this.until(async () => {
      const outcome = await this.hub.aggregation.outcome(instance, attempt);
      return outcome.state === 'open' ? undefined : outcome;
    });
  }

  /** Once the hub has told of this. */
  event(name: string, data: Readonly<Record<string, unknown>>): Promise<ServiceEvent> {
    return this.until(async () => {
      const { events } = await this.#call<{ events: ServiceEvent[] }>('GET', '/events?after=0');
      return events.find(
        (one) => one.event === name && Object.entries(data).every(([field, value]) => one.data[field] === value),
      );
    });
  }

  /** Looks every few milliseconds; the runner's limit ends it. A hub that is away is no failure. */
  async until<T>(look: () => Promise<T | undefined>): Promise<T> {
    while (!this.#disposed) {
      const found = await look().catch(() => undefined);
      if (found !== undefined) return found;
      await delay(15);
    }
    throw new Error('the coalition is gone');
  }

  /** Path of a spooled shard; undefined while the hub does not hold it. */
  spooled(instance: string, attempt: number, member: OrganisationId, shard: number): string | undefined {
    const folder = join(this.directory, 'hub', 'aggregation', 'spool', instance, String(attempt), member);
    const name = existsSync(folder) ? readdirSync(folder).find((one) => one.startsWith(`${shard}.`)) : undefined;
    return name === undefined ? undefined : join(folder, name);
  }

  /** Files that the hub still has of an instance: journals, shards, sums. */
  remains(instance: string): string[] {
    const folder = join(this.directory, 'hub', 'aggregation');
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => path.includes(`/${instance}/`) || path.includes(`/${instance}.`));
  }

  /** The first value of an opened sum that is not the plain integer sum of the members' levels; undefined when there is none. */
  firstWrong(sumPath: string, members: readonly TestedMember[]): number | undefined {
    const bytes = readFileSync(sumPath);
    const sum = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    if (sum.length !== wordCount) return Math.min(sum.length, wordCount);
    for (let index = 0; index < wordCount; index += 1)
      if (sum[index] !== members.reduce((total, { levels }) => total + levels[index]!, 0)) return index;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.members.map((member) => member.close()));
    await this.#masking.close();
    await this.hub.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
    const { url, token } = this.hub.administration;
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
