// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { organisationIdSchema, readYamlFile } from '@kiban/core';
import { hubConfigSchema, initialiseHub } from '@kiban/hub';
import { initialiseNode, nodeConfigSchema } from '@kiban/node';
import type { Invitation, ProgrammeState } from '@kiban/protocol';
import type { Language } from '../language.ts';
import { parseArgument } from '../parse-argument.ts';
import { bundlePublicCorpus } from '../public-corpus-bundle.ts';
import { demoProgramme } from './demo-plan.ts';
import { RoleProcess } from './role-process.ts';

export interface MemberData {
  readonly id: string;
  readonly folder: string;
  readonly weight: number;
}

export interface DemoCoalitionOptions {
  readonly directory: string;
  readonly language: Language;
  readonly hubPort: number;
  readonly nodePort: number;
  /** Data sets by member. */
  readonly data: ReadonlyMap<string, readonly MemberData[]>;
}

/** One hub and its nodes as processes, brought to a state that a person would reach with the same commands. */
export class DemoCoalition {
  readonly hub: RoleProcess;
  readonly nodes: ReadonlyMap<string, RoleProcess>;

  private constructor(hub: RoleProcess, nodes: ReadonlyMap<string, RoleProcess>) {
    this.hub = hub;
    this.nodes = nodes;
  }

  /** Starts what there is, makes what is missing: a second start goes on where the first one ended. */
  static async start(options: DemoCoalitionOptions): Promise<DemoCoalition> {
    const started: RoleProcess[] = [];
    try {
      const hubDirectory = join(options.directory, 'hub');
      if (!existsSync(join(hubDirectory, 'hub.yaml')))
        await initialiseHub(
          hubDirectory,
          parseArgument(hubConfigSchema, { coalition: 'Kiban demo', listen: { port: await hubPort(options.hubPort) } }),
        );
      const hub = await RoleProcess.start(
        'hub',
        hubDirectory,
        await configuredPort(hubDirectory, options.hubPort),
        options.language,
      );
      started.push(hub);
      const members = [...options.data.keys()];
      const nodes = new Map(
        await Promise.all(
          members.map(async (member, index) => {
            const directory = join(options.directory, member);
            if (!existsSync(join(directory, 'node.yaml')))
              await initialiseNode(
                directory,
                parseArgument(nodeConfigSchema, {
                  organisation: parseArgument(organisationIdSchema, member),
                  displayName: member,
                  listen: { port: 0 },
                }),
              );
            const port = options.nodePort === 0 ? 0 : options.nodePort + index;
            const node = await RoleProcess.start('node', directory, port, options.language);
            started.push(node);
            return [member, node] as const;
          }),
        ),
      );
      const coalition = new DemoCoalition(hub, nodes);
      await Promise.all(members.map((member) => coalition.#join(member, options.data.get(member)!)));
      return coalition;
    } catch (error) {
      await Promise.allSettled(started.map((process) => process.stop()));
      throw error;
    }
  }

  /** Proposes, approves with every data set, starts; each only if it is not done. */
  async beginProgramme(planText: string, publicFolder: string): Promise<ProgrammeState> {
    const known = await this.hub.client.get<{ programmes: ProgrammeState[] }>('/status');
    let state = known.programmes.find((programme) => programme.programme === demoProgramme);
    if (state === undefined) {
      const corpus = await this.hub.client.put<{ digest: string }>('/blobs', await bundlePublicCorpus(publicFolder));
      state = await this.hub.client.post<ProgrammeState>('/programmes', { planText, publicCorpus: corpus.digest });
    }
    if (state.phase === 'proposed') {
      for (const [member, node] of this.nodes) {
        const { dataSets } = await node.client.get<{ dataSets: { id: string }[] }>('/data-sets');
        await node.client.post(`/programmes/${demoProgramme}/decision`, {
          decision: 'approve',
          dataSets: dataSets.map((dataSet) => dataSet.id),
          steward: `${member} steward`,
          cardShare: 'summary',
        });
      }
      await this.hub.client.post(`/programmes/${demoProgramme}/start`, {});
    }
    return this.programme();
  }

  programme(): Promise<ProgrammeState> {
    return this.hub.client.get<ProgrammeState>(`/programmes/${demoProgramme}`);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.nodes.values()].map((node) => node.stop()));
    await this.hub.stop();
  }

  async #join(member: string, data: readonly MemberData[]): Promise<void> {
    const node = this.nodes.get(member)!.client;
    const status = await node.get<{ coalition: unknown; dataSets: { id: string }[] }>('/status');
    if (status.coalition === null) {
      const invitation = await this.hub.client.post<Invitation>('/invitations', { organisation: member });
      await node.post('/join', { hub: this.hub.client.origin, invitation: invitation.invitation });
    }
    for (const one of data)
      if (!status.dataSets.some((known) => known.id === one.id))
        await node.post('/data-sets', {
          id: one.id,
          folder: one.folder,
          dataClass: 'confidential',
          basis: 'own records',
          purpose: 'shared base of the coalition',
          weight: one.weight,
        });
  }
}

/** Members pin the hub's address when they join, so a free port is chosen once and kept. */
async function hubPort(wanted: number): Promise<number> {
  if (wanted !== 0) return wanted;
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function configuredPort(directory: string, wanted: number): Promise<number> {
  if (wanted !== 0) return wanted;
  return (await readYamlFile(join(directory, 'hub.yaml'), hubConfigSchema)).listen.port;
}
