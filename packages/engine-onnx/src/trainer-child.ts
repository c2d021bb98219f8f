// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { RunOptions } from '@kiban/training';
import {
  problemFromMessage,
  type TrainerAnswerMessage,
  type TrainerCalls,
  type TrainerMethod,
} from './trainer-messages.ts';
import { trainerProblem } from './trainer-problems.ts';

export interface TrainerCommand {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Time between end of input and a kill; a step in progress should fit. Default 10 s. */
  readonly stopGraceMs?: number;
  /** The process id of each trainer process, for those who watch it. */
  readonly onStarted?: (pid: number) => void;
  /** Lines of the process's log (standard error). Default: they go to this process's standard error. */
  readonly onLog?: (line: string) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: RunOptions['onProgress'];
}

/** The client of one trainer process. When the process ends, every open call fails with `trainer-died` (retryable). */
export class TrainerChild {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  readonly #command: TrainerCommand;
  #nextId = 1;
  #dead = false;

  constructor(command: TrainerCommand) {
    this.#command = command;
    const child = spawn(command.command, [...command.arguments], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process = child;
    if (child.pid !== undefined) command.onStarted?.(child.pid);
    // A broken pipe is told by the exit, with its code.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#log(line));
    this.#ended = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#dead = true;
        for (const pending of this.#pending.values()) pending.reject(died(command.name, reason));
        this.#pending.clear();
        resolve();
      };
      child.once('error', (error) => end(error.message));
      // After `close`, unlike `exit`, everything that the process wrote has been read.
      child.once('close', (code, signal) => end(signal ?? `exit ${code}`));
    });
  }

  call<M extends TrainerMethod>(method: M, params: TrainerCalls[M]['params']): Promise<TrainerCalls[M]['result']> {
    return this.send(method, params).result;
  }

  send<M extends TrainerMethod>(
    method: M,
    params: TrainerCalls[M]['params'],
    onProgress?: RunOptions['onProgress'],
  ): { readonly id: number; readonly result: Promise<TrainerCalls[M]['result']> } {
    const id = this.#nextId++;
    const result = new Promise<TrainerCalls[M]['result']>((resolve, reject) => {
      if (this.#dead) {
        reject(died(this.#command.name, 'it was no longer running'));
        return;
      }
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, onProgress });
      this.#process.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    });
    return { id, result };
  }

  /** Ends the process's input, which asks it to stop; kills it when it is still there after the grace. */
  async stop(): Promise<void> {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), this.#command.stopGraceMs ?? 10_000);
    await this.#ended;
    clearTimeout(timer);
  }

  #read(line: string): void {
    const message = parseAnswer(line);
    if (message === undefined) {
      this.#log(line);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if ('event' in message) {
      pending.onProgress?.(message.progress);
      return;
    }
    this.#pending.delete(message.id);
    if ('ok' in message) pending.resolve(message.ok);
    else pending.reject(problemFromMessage(message.problem));
  }

  #log(line: string): void {
    if (this.#command.onLog === undefined) process.stderr.write(`${line}\n`);
    else this.#command.onLog(line);
  }
}

/** Undefined for what a library printed onto the protocol's channel: it belongs to the log. */
function parseAnswer(line: string): TrainerAnswerMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'id' in value ? (value as TrainerAnswerMessage) : undefined;
  } catch {
    return undefined;
  }
}

function died(name: string, reason: string) {
  return trainerProblem('trainer-died', {
    ja: `学習プロセス (${name}) が終了しました: ${reason}。`,
    en: `The trainer process (${name}) ended: ${reason}.`,
  });
}
