// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { FederatedSession, RunOptions, Trainer, TrainerSpec } from '@kiban/training';
import type { TrainerAnswerMessage, TrainerCalls, TrainerMethod } from './trainer-messages.ts';
import { isTrainerProblemCode, trainerProblem } from './trainer-problems.ts';

export interface ChildProcessTrainerOptions {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Time between end of input and a kill. */
  readonly stopGraceMs?: number;
  /** The process id of each trainer process, for those who watch it. */
  readonly onStarted?: (pid: number) => void;
}

/** A trainer in a process of its own, speaking trainer protocol v1: a fault or a lack of memory there cannot take the node down. */
export function createChildProcessTrainer(options: ChildProcessTrainerOptions): Trainer {
  return {
    name: options.name,
    async open(spec: TrainerSpec): Promise<FederatedSession> {
      const child = new TrainerChild(options);
      try {
        await child.call('open', spec);
      } catch (error) {
        await child.stop();
        throw error;
      }
      return sessionOf(child, spec);
    },
  };
}

function sessionOf(child: TrainerChild, spec: TrainerSpec): FederatedSession {
  const file =
    (method: 'load' | 'exportWeights' | 'writeDelta' | 'saveCheckpoint' | 'resumeCheckpoint') =>
    async (path: string) => {
      await child.call(method, { path });
    };
  return {
    kind: spec.kind,
    load: file('load'),
    exportWeights: file('exportWeights'),
    writeDelta: file('writeDelta'),
    saveCheckpoint: file('saveCheckpoint'),
    resumeCheckpoint: file('resumeCheckpoint'),
    evaluate: (request) => child.call('evaluate', request),
    async resetMoments() {
      await child.call('resetMoments', {});
    },
    async run(request, { signal, onProgress }: RunOptions = {}) {
      const abort = () => void child.call('abort', {}).catch(() => undefined);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        if (signal?.aborted === true) return { stepsDone: 0, meanLoss: 0, tokens: 0, aborted: true };
        return await child.call('run', request, onProgress);
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    close: () => child.stop(),
    [Symbol.asyncDispose]: () => child.stop(),
  };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: RunOptions['onProgress'];
}

class TrainerChild {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  readonly #stopGraceMs: number;
  #nextId = 1;
  #dead = false;

  constructor(options: ChildProcessTrainerOptions) {
    this.#stopGraceMs = options.stopGraceMs ?? 10_000;
    this.#process = spawn(options.command, [...options.arguments], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#process.pid !== undefined) options.onStarted?.(this.#process.pid);
    // A broken pipe is told by the exit, with its code.
    this.#process.stdin.on('error', () => undefined);
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#read(line));
    this.#ended = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#dead = true;
        for (const pending of this.#pending.values()) pending.reject(trainerProblem('trainer-died', reason));
        this.#pending.clear();
        resolve();
      };
      this.#process.once('error', (error) => end(error.message));
      this.#process.once('exit', (code, signal) => end(`exit ${signal ?? code}`));
    });
  }

  call<M extends TrainerMethod>(
    method: M,
    params: TrainerCalls[M]['params'],
    onProgress?: RunOptions['onProgress'],
  ): Promise<TrainerCalls[M]['result']> {
    if (this.#dead) return Promise.reject(trainerProblem('trainer-died', 'it was no longer running'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, onProgress });
      this.#process.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    });
  }

  async stop(): Promise<void> {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), this.#stopGraceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #read(line: string): void {
    const message = JSON.parse(line) as TrainerAnswerMessage;
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if ('event' in message) {
      pending.onProgress?.(message.progress);
      return;
    }
    this.#pending.delete(message.id);
    if ('ok' in message) pending.resolve(message.ok);
    else {
      const { code, detail } = message.problem;
      pending.reject(trainerProblem(isTrainerProblemCode(code) ? code : 'trainer-failed', detail));
    }
  }
}
