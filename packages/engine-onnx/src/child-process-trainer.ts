// SPDX-License-Identifier: Apache-2.0
import type { FederatedSession, SovereignSession, Trainer, TrainerSpec } from '@kiban/training';
import { TrainerChild, type TrainerCommand } from './trainer-child.ts';
import { trainerProtocolVersion } from './trainer-messages.ts';
import { trainerProblem } from './trainer-problems.ts';

/** A trainer in a process of its own, speaking trainer protocol v1: a fault or a lack of memory there cannot take the node down. */
export function createChildProcessTrainer(command: TrainerCommand): Trainer {
  async function open(spec: TrainerSpec & { readonly kind: 'federated' }): Promise<FederatedSession>;
  async function open(spec: TrainerSpec): Promise<SovereignSession>;
  async function open(spec: TrainerSpec): Promise<SovereignSession> {
    const child = new TrainerChild(command);
    try {
      const { protocol } = await child.call('hello', {});
      if (protocol !== trainerProtocolVersion)
        throw trainerProblem('bad-config', {
          ja: `${command.name} はトレーナープロトコル ${protocol} 版です。必要なのは ${trainerProtocolVersion} 版です。`,
          en: `${command.name} speaks trainer protocol ${protocol}; ${trainerProtocolVersion} is needed.`,
        });
      await child.call('open', spec);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return spec.kind === 'federated' ? federatedSession(child) : sovereignSession(child, 'sovereign');
  }
  return { name: command.name, open };
}

function federatedSession(child: TrainerChild): FederatedSession {
  return {
    ...sovereignSession(child, 'federated'),
    async writeDelta(path) {
      await child.call('writeDelta', { path });
    },
  };
}

function sovereignSession(child: TrainerChild, kind: TrainerSpec['kind']): SovereignSession {
  return {
    kind,
    async load(path) {
      await child.call('load', { path });
    },
    async exportWeights(path) {
      await child.call('exportWeights', { path });
    },
    async saveCheckpoint(path) {
      await child.call('saveCheckpoint', { path });
    },
    resumeCheckpoint: (path) => child.call('resumeCheckpoint', { path }),
    evaluate: (request) => child.call('evaluate', request),
    async resetMoments() {
      await child.call('resetMoments', {});
    },
    async run(request, { signal, onProgress } = {}) {
      if (signal?.aborted === true) return { stepsDone: 0, meanLoss: 0, tokens: 0, aborted: true };
      const { id, result } = child.send('run', request, onProgress);
      // The child may be gone by then; `result` tells.
      const abort = () => void child.call('abort', { request: id }).catch(() => undefined);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await result;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    close: () => child.stop(),
    [Symbol.asyncDispose]: () => child.stop(),
  };
}
