// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError } from '@kiban/core';
import type { HubClient, ProgrammePhase } from '@kiban/protocol';
import { ProgrammeWorker, type ProgrammeWorkerOptions } from './programme-worker.ts';

export type FollowingOptions = Omit<ProgrammeWorkerOptions, 'directory'> & { readonly programmesDirectory: string };

/** One worker for each programme of the coalition that is not over. */
export class ProgrammeFollowing {
  readonly #options: FollowingOptions;
  readonly #hub: HubClient;
  readonly #workers = new Map<string, Promise<void>>();
  readonly #phases = new Map<string, ProgrammePhase>();

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#hub = options.hub;
  }

  isOver(programme: string): boolean {
    return ['released', 'stopped', 'failed'].includes(this.#phases.get(programme) ?? '');
  }

  async run(): Promise<void> {
    const { signal, logger } = this.#options;
    let after = 0;
    while (!signal.aborted) {
      try {
        const programmes = await this.#hub.programmes(after, 20_000, signal);
        after = programmes.reduce((sum, one) => sum + one.version, 0);
        for (const { programme, phase } of programmes) {
          this.#phases.set(programme, phase);
          if (!this.#workers.has(programme)) this.#workers.set(programme, this.#follow(programme));
        }
      } catch (error) {
        if (signal.aborted) break;
        logger.warn('hub-call-retried', { code: isKibanError(error) ? error.code : 'unknown' });
        await delay(500, undefined, { signal }).catch(() => undefined);
      }
    }
    await Promise.allSettled(this.#workers.values());
  }

  async #follow(programme: string): Promise<void> {
    const worker = new ProgrammeWorker({
      ...this.#options,
      directory: join(this.#options.programmesDirectory, programme),
    });
    await worker
      .follow(programme)
      .catch((error: unknown) => this.#options.logger.error('programme-left', error, { programme }));
  }
}
