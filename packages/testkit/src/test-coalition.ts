// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { organisationIdSchema } from '@kiban/core';
import { hubConfigSchema, initialiseHub } from '@kiban/hub';
import { initialiseNode, nodeConfigSchema } from '@kiban/node';
import type { Invitation, ProgrammeState, ServiceEvent } from '@kiban/protocol';
import { ServiceProcess } from './service-process.ts';

export const testProgramme = 'test-1';

export interface TestPlan {
  readonly rounds?: number;
  readonly steps?: number;
  readonly startSteps?: number;
  readonly graceMs?: number;
  /** What each steward lets go of the data cards; who is not named is not asked. */
  readonly cardShares?: Readonly<Record<string, 'summary' | 'full'>>;
  /** The plan's `tokenizer`, as YAML; default: from the public corpus alone. */
  readonly tokenizer?: string;
}

export interface TestCoalitionOptions {
  /** Text of one document of a member; default: short shift records. */
  readonly documentOf?: (member: number, number: number) => string;
  readonly documentsPerMember?: number;
  /** More of `node.yaml`, by member. */
  readonly nodeConfig?: (member: number) => Readonly<Record<string, unknown>>;
}

/** A hub and its nodes as real processes on loopback, with tiny documents and a tiny model, in a temporary directory. */
export class TestCoalition implements AsyncDisposable {
  readonly directory: string;
  readonly members: readonly string[];
  hub: ServiceProcess;
  nodes: ReadonlyMap<string, ServiceProcess>;

  private constructor(directory: string, members: readonly string[]) {
    this.directory = directory;
    this.members = members;
    this.hub = new ServiceProcess('hub', join(directory, 'hub'));
    this.nodes = new Map(members.map((member) => [member, new ServiceProcess('node', join(directory, member))]));
  }

  /** Started, joined, each with one data set; nothing proposed yet. */
  static async create(memberCount: number, options: TestCoalitionOptions = {}): Promise<TestCoalition> {
    const { documentOf: textOf = documentOf, documentsPerMember = 24, nodeConfig = () => ({}) } = options;
    const directory = mkdtempSync(join(tmpdir(), 'kiban-coalition-'));
    const members = Array.from({ length: memberCount }, (_, index) => `member-${'abcdefgh'[index]}`);
    const coalition = new TestCoalition(directory, members);
    await initialiseHub(
      coalition.hub.directory,
      hubConfigSchema.parse({ coalition: 'test', listen: { port: await freePort() } }),
    );
    for (const [index, member] of members.entries()) {
      const folder = join(directory, 'documents', member);
      mkdirSync(folder, { recursive: true });
      for (let number = 0; number < documentsPerMember; number += 1)
        writeFileSync(join(folder, `${number}.txt`), textOf(index, number));
      await initialiseNode(
        join(directory, member),
        nodeConfigSchema.parse({
          organisation: organisationIdSchema.parse(member),
          displayName: member,
          listen: { port: 0 },
          training: { heldOutPerMille: 150 },
          ...nodeConfig(index),
        }),
      );
    }
    await coalition.startAll();
    for (const member of members) {
      const node = coalition.nodes.get(member)!;
      const { invitation } = await coalition.hub.call<Invitation>('POST', '/invitations', { organisation: member });
      await node.call('POST', '/join', { hub: coalition.hub.origin, invitation });
      await node.call('POST', '/data-sets', {
        id: 'documents',
        folder: join(directory, 'documents', member),
        basis: 'made for tests',
        purpose: 'tests',
      });
    }
    return coalition;
  }

  /** A copy of a stopped coalition's directories, keys and all: the same run can be made again, disturbed. */
  copy(): TestCoalition {
    const directory = mkdtempSync(join(tmpdir(), 'kiban-coalition-'));
    for (const name of ['hub', ...this.members])
      cpSync(join(this.directory, name), join(directory, name), { recursive: true });
    return new TestCoalition(directory, this.members);
  }

  async startAll(): Promise<void> {
    await this.hub.start();
    await Promise.all([...this.nodes.values()].map((node) => node.start()));
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    await this.hub.stop();
  }

  async beginProgramme(plan: TestPlan = {}): Promise<void> {
    const corpus = Array.from({ length: 60 }, (_, number) =>
      JSON.stringify({ text: documentOf(number % 7, number + 100) }),
    ).join('\n');
    const { digest } = await this.hub.call<{ digest: string }>('PUT', '/blobs', Buffer.from(corpus));
    await this.hub.call('POST', '/programmes', { planText: planText(this.members, plan), publicCorpus: digest });
    for (const [member, node] of this.nodes)
      await node.call('POST', `/programmes/${testProgramme}/decision`, {
        decision: 'approve',
        dataSets: ['documents'],
        steward: 'test steward',
        ...(plan.cardShares?.[member] === undefined ? {} : { cardShare: plan.cardShares[member] }),
      });
    await this.hub.call('POST', `/programmes/${testProgramme}/start`, {});
  }

  programme(): Promise<ProgrammeState> {
    return this.hub.call<ProgrammeState>('GET', `/programmes/${testProgramme}`);
  }

  async events(after = 0): Promise<ServiceEvent[]> {
    return (await this.hub.call<{ events: ServiceEvent[] }>('GET', `/events?after=${after}`)).events;
  }

  /** Looks until the condition holds; a hub that is being restarted is no failure. @throws after `timeoutMs`, with the hub's log. */
  async waitFor<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 120_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await look().catch(() => undefined);
      if (found !== undefined) return found;
      if (Date.now() > deadline) {
        const logs = [this.hub, ...this.nodes.values()].map(
          (service) => `${service.directory}\n${service.log.slice(-1_500)}`,
        );
        throw new Error(`${what} did not happen within ${timeoutMs} ms\n${logs.join('\n')}`);
      }
      await delay(30);
    }
  }

  waitForRelease(timeoutMs?: number): Promise<ProgrammeState> {
    return this.waitFor(
      'the release',
      async () => {
        const state = await this.programme();
        if (state.phase === 'failed') throw new Error(state.reason);
        return state.phase === 'released' ? state : undefined;
      },
      timeoutMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.hub, ...this.nodes.values()].map((service) => service.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function planText(members: readonly string[], plan: TestPlan): string {
  return `version: 1
programme: ${testProgramme}
title: test
purpose: test
participants: [${members.join(', ')}]
model: { preset: tiny, vocabularySize: 512, contextLength: 32 }
tokenizer: ${plan.tokenizer ?? '{ training: public }'}
start: { steps: ${plan.startSteps ?? 12}, peakLearningRate: 0.002 }
rounds: ${plan.rounds ?? 3}
inner: { steps: ${plan.steps ?? 4}, batchSize: 4, peakLearningRate: 0.001, warmupSteps: 2 }
aggregation: { graceMs: ${plan.graceMs ?? 2_000}, shardBytes: 262144 }
gate: { maximumLossIncreaseAtFirst: 0.5, maximumLossIncrease: 0.5, heldOutTokens: 256 }
`;
}

function documentOf(kind: number, number: number): string {
  const subject = ['溶銑温度', '締付トルク', '稟議書', '鋼板', '検査', '保証', '点検'][kind % 7];
  return `記録${number}：${subject}は${100 + ((number * 37) % 400)}で、${number % 3 === 0 ? '異常なし' : '要確認'}。担当は次の直に${subject}を申し送ること。\n`;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
