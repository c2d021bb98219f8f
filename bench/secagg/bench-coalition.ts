// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OrganisationId, organisationIdSchema, programmeIdSchema, sha256Hex } from '@kiban/core';
import type { OpenedSum } from '@kiban/hub';
import type { AdministrationAddress, Invitation, Member, ServiceEvent } from '@kiban/protocol';
import { type AggregationPlan, fewestMembers, leastQuorum, leastThreshold } from '@kiban/secagg';
import type { Enrolment, MemberRound } from './member-calls.ts';
import { BenchProcess } from './process-calls.ts';
import { type ProcessorMs, type ProfileKind, sumOf } from './process-profile.ts';
import { firstWrongSum, type LevelsSource } from './seeded-levels.ts';

export interface RoundSettings {
  readonly members: number;
  readonly parameters: number;
  readonly bits: 8 | 16;
  /** Members that are killed half-way through their upload. */
  readonly dropped: number;
  /** Least size of every list; by default the protocol's, lowered so far that the dropped can be spared, but never below the threshold. */
  readonly quorum?: number | undefined;
  readonly shardBytes: number;
  readonly graceMs: number;
}

/** Seconds between what the hub published; only the wait for the lost is nobody's work. */
export interface StageSeconds {
  /** Advertise, share, confirm. */
  readonly agree: number;
  /** Mask and upload, until the last survivor's manifest is accepted. */
  readonly upload: number;
  readonly grace: number;
  /** Signatures over the survivor set. */
  readonly sign: number;
  /** Openings, combined secrets, sum. */
  readonly open: number;
}

export interface MeasuredRound {
  readonly stages: StageSeconds;
  /** From the plan to the result, without the grace. */
  readonly seconds: number;
  /** Of hub and surviving members together, user and system. */
  readonly processorSeconds: number;
  /** Longest time for which the hub's event loop answered nobody, milliseconds. */
  readonly hubStallMs: number;
  readonly survivors: readonly OrganisationId[];
  /** The first value whose sum is not the plain integer sum of the survivors' levels; undefined when there is none. */
  readonly firstWrong: number | undefined;
  /** Most that one survivor sent, per parameter: bodies, and everything its sockets carried. */
  readonly bodyBytesPerParameter: number;
  readonly socketBytesPerParameter: number;
}

export interface PlainRound {
  readonly seconds: number;
  readonly firstWrong: number | undefined;
}

export interface PeakMemory {
  readonly hubBytes: number;
  /** The largest of all members that lived on. */
  readonly memberBytes: number;
}

const programme = programmeIdSchema.parse('bench');
/** A digest of nothing: no base and no scales are behind a made-up update. */
const noDigest = sha256Hex('');

/** A hub and its members as processes on loopback, in a temporary directory that goes with them. */
export class BenchCoalition implements AsyncDisposable {
  readonly settings: RoundSettings;
  readonly #directory: string;
  readonly #organisations: readonly OrganisationId[];
  readonly #hub: BenchProcess;
  readonly #processes = new Set<BenchProcess>();
  readonly #members = new Map<OrganisationId, BenchProcess>();
  readonly #enrolments = new Map<OrganisationId, Enrolment>();
  readonly #messageKeys = new Map<OrganisationId, string>();
  #address: AdministrationAddress | undefined;
  #rounds = 0;

  private constructor(settings: RoundSettings) {
    this.settings = settings;
    this.#directory = mkdtempSync(join(tmpdir(), 'kiban-rounds-'));
    this.#organisations = Array.from({ length: settings.members }, (_, index) =>
      organisationIdSchema.parse(`member-${String(index + 1).padStart(2, '0')}`),
    );
    this.#hub = this.#spawn('hub', 'hub-process.ts');
  }

  /** Started, enrolled by invitation, each with its update on disk. */
  static async create(settings: RoundSettings, onCreated?: (coalition: BenchCoalition) => void) {
    const coalition = new BenchCoalition(settings);
    onCreated?.(coalition);
    try {
      await coalition.#begin();
      return coalition;
    } catch (error) {
      await coalition[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** One round of secure aggregation, checked against the plain sum. Lost members are back afterwards. */
  async round(): Promise<MeasuredRound> {
    const { parameters, bits, dropped } = this.settings;
    this.#rounds += 1;
    const plan = await this.#plan(`bench.r${this.#rounds}.update`);
    const { instance, attempt } = plan;
    const lost = this.#organisations.slice(this.#organisations.length - dropped);
    const kept = this.#organisations.filter((organisation) => !lost.includes(organisation));
    const before = await this.#usage(kept);
    const lastSequence = (await this.#events(0)).at(-1)?.sequence ?? 0;
    const startedAtMs = Date.now();
    await this.#hub.call('open', plan);
    for (const organisation of lost)
      void this.#members
        .get(organisation)!
        .call('run', { instance, attempt, diesHalfway: true })
        .catch(() => undefined);
    const [sum, ...rounds] = await Promise.all([
      this.#hub.call<OpenedSum>('sum', { instance, attempt }),
      ...kept.map((organisation) =>
        this.#members.get(organisation)!.call<MemberRound>('run', { instance, attempt, diesHalfway: false }),
      ),
    ]);
    for (const organisation of lost) await this.#members.get(organisation)!.gone();
    const after = await this.#usage(kept);
    const publishedAtMs = new Map(
      (await this.#events(lastSequence))
        .filter((one) => one.event === 'list-published' && one.data.instance === instance)
        .map((one) => [one.data.list, one.atMs]),
    );
    const at = (list: string) => publishedAtMs.get(list) ?? Number.NaN;
    const uploadedAtMs = Math.min(at('survivors'), Math.max(...rounds.map((round) => round.manifestSentAtMs)));
    const between = (fromMs: number, toMs: number) => (toMs - fromMs) / 1e3;
    const grace = dropped === 0 ? 0 : between(uploadedAtMs, at('survivors'));
    const firstWrong = firstWrongSum(
      sum.sumPath,
      bits,
      sum.survivors.map((organisation) => this.#source(organisation)),
    );
    await this.#hub.call('close', { instance, attempt });
    for (const organisation of lost) await this.#enrol(organisation);
    return {
      stages: {
        agree: between(startedAtMs, at('confirms')),
        upload: between(at('confirms'), uploadedAtMs),
        grace,
        sign: between(at('survivors'), at('signatures')),
        open: between(at('signatures'), at('result')),
      },
      seconds: between(startedAtMs, at('result')) - grace,
      processorSeconds: after.processorSeconds - before.processorSeconds,
      hubStallMs: after.hubStallMs,
      survivors: sum.survivors,
      firstWrong,
      bodyBytesPerParameter: Math.max(...rounds.map((round) => round.bodyBytes)) / parameters,
      socketBytesPerParameter: Math.max(...rounds.map((round) => round.socketBytes)) / parameters,
    };
  }

  /** The control: the survivors' plain words to an intake of the bench, the same spool and sum, no masks and no protocol. */
  async plainRound(): Promise<PlainRound> {
    const { bits, dropped } = this.settings;
    const survivors = this.#organisations.slice(0, this.#organisations.length - dropped);
    const intake = this.#spawn('plain-intake', 'plain-intake-process.ts');
    try {
      const members = survivors.map((organisation) => ({
        organisation,
        messageKey: this.#messageKeys.get(organisation)!,
      }));
      const origin = await intake.call<string>('start', { members });
      await intake.call('prepare', join(this.#directory, 'plain-spool'));
      const plan = await this.#plan('bench.plain');
      const startedAt = performance.now();
      await Promise.all(
        survivors.map((organisation) => this.#members.get(organisation)!.call('uploadPlain', { plan, origin })),
      );
      const sumPath = await intake.call<string>('sum', { plan, survivors });
      const seconds = (performance.now() - startedAt) / 1e3;
      const sources = survivors.map((organisation) => this.#source(organisation));
      const firstWrong = firstWrongSum(sumPath, bits, sources);
      await intake.call('erase');
      return { seconds, firstWrong };
    } finally {
      await intake.kill();
    }
  }

  /** One more round, and where the processor time of the hub and of all survivors together went. */
  async profiledRound(kind: ProfileKind): Promise<{ readonly hub: ProcessorMs; readonly members: ProcessorMs }> {
    const kept = [...this.#members.values()].slice(0, this.settings.members - this.settings.dropped);
    await Promise.all([this.#hub, ...kept].map((process) => process.startProfile(kind)));
    await this.round();
    const [hub, ...members] = await Promise.all([this.#hub, ...kept].map((process) => process.stopProfile()));
    return { hub: hub!, members: sumOf(members) };
  }

  async peakMemory(): Promise<PeakMemory> {
    const members = await Promise.all([...this.#members.values()].map((member) => member.usage()));
    return {
      hubBytes: (await this.#hub.usage()).peakBytes,
      memberBytes: Math.max(...members.map((usage) => usage.peakBytes)),
    };
  }

  /** What the hub logged, for when something goes wrong. */
  get hubLog(): string {
    return this.#hub.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes].map((process) => process.kill()));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    this.#address = await this.#hub.call<AdministrationAddress>('start', join(this.#directory, 'hub'));
    await Promise.all(
      this.#organisations.map(async (organisation) => {
        const { invitation } = await this.#administration<Invitation>('POST', '/invitations', { organisation });
        this.#enrolments.set(organisation, {
          directory: join(this.#directory, organisation),
          organisation,
          hubOrigin: this.#address!.url,
          invitation,
        });
        await this.#enrol(organisation);
      }),
    );
    const corpus = Buffer.from('{"text":"bench"}\n');
    const { digest } = await this.#administration<{ digest: string }>('PUT', '/blobs', corpus);
    const planText = `version: 1
programme: ${programme}
title: bench
purpose: rounds of made-up updates
participants: [${this.#organisations.join(', ')}]
aggregation: { bits: ${this.settings.bits}, levelLimit: ${this.#levelLimit} }
`;
    await this.#administration('POST', '/programmes', { planText, publicCorpus: digest });
  }

  async #enrol(organisation: OrganisationId): Promise<void> {
    const enrolment = this.#enrolments.get(organisation)!;
    mkdirSync(enrolment.directory, { recursive: true });
    const member = this.#spawn(organisation, 'member-process.ts');
    this.#members.set(organisation, member);
    this.#messageKeys.set(organisation, await member.call<string>('join', enrolment));
    await member.call('make', this.#source(organisation));
  }

  #spawn(name: string, module: string): BenchProcess {
    const url = new URL(module, import.meta.url);
    const spawned = new BenchProcess(name, url, join(this.#directory, `${name}.log`));
    this.#processes.add(spawned);
    return spawned;
  }

  /** A level limit that the ring bears for all members. */
  get #levelLimit(): number {
    const { bits, members } = this.settings;
    return Math.min(bits === 8 ? 7 : 127, Math.floor((2 ** (bits - 1) - 1) / members));
  }

  #source(organisation: OrganisationId): LevelsSource {
    return { seed: organisation, parameters: this.settings.parameters, levelLimit: this.#levelLimit };
  }

  async #plan(instance: string): Promise<AggregationPlan> {
    const { members, parameters, bits, dropped, quorum, shardBytes, graceMs } = this.settings;
    const threshold = leastThreshold(members);
    const enrolled = (await this.#administration<{ members: Member[] }>('GET', '/status')).members;
    return {
      version: 1,
      programme,
      instance,
      attempt: 1,
      roster: enrolled.map(({ organisation, roundKey }) => ({ organisation, roundPublicKey: roundKey })),
      threshold,
      quorum: quorum ?? Math.max(threshold, fewestMembers, Math.min(leastQuorum(members), members - dropped)),
      baseDigest: noDigest,
      wordCount: parameters,
      bits,
      levelLimit: this.#levelLimit,
      scalesDigest: noDigest,
      scalars: [{ name: 'steps', scale: 1, bound: 1_000 }],
      shardBytes,
      prg: 'aes-256-ctr/v1',
      graceMs,
    };
  }

  async #usage(members: readonly OrganisationId[]) {
    const hub = await this.#hub.usage();
    const used = await Promise.all(members.map((organisation) => this.#members.get(organisation)!.usage()));
    return {
      processorSeconds: used.reduce((sum, { processorSeconds }) => sum + processorSeconds, hub.processorSeconds),
      hubStallMs: hub.longestStallMs,
    };
  }

  async #events(after: number): Promise<ServiceEvent[]> {
    return (await this.#administration<{ events: ServiceEvent[] }>('GET', `/events?after=${after}`)).events;
  }

  async #administration<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
    const { url, token } = this.#address!;
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
