// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type ProcessorMs, type ProfileKind, startProfile, stopProfile } from './process-profile.ts';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: string;
}

/** What a process has used so far. */
export interface ProcessUsage {
  /** Highest resident size, bytes. */
  readonly peakBytes: number;
  /** User and system time, seconds. */
  readonly processorSeconds: number;
  /** Longest time for which the event loop answered nobody since the usage before, milliseconds. */
  readonly longestStallMs: number;
}

const stalls = monitorEventLoopDelay({ resolution: 5 });

/** What every process of the bench answers. */
const own: Readonly<Record<string, (argument: never) => unknown>> = { usage, startProfile, stopProfile };

/** Answers the parent's calls by name until the parent is gone. */
export function answerCalls(handlers: Readonly<Record<string, (argument: never) => unknown>>): void {
  process.on('message', (call: Call) => {
    const answer = async (): Promise<Answer> => {
      try {
        const handler = own[call.name] ?? handlers[call.name];
        const value = await handler?.(call.argument as never);
        return { id: call.id, value };
      } catch (error) {
        return { id: call.id, fault: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
      }
    };
    void answer().then((message) => process.send?.(message));
  });
  stalls.enable();
  process.on('disconnect', () => process.exit(0));
  // The terminal's Ctrl-C reaches the whole group: the parent ends its children and clears up.
  process.on('SIGINT', () => undefined);
}

/** VmHWM where there is one: the maximum of `resourceUsage` starts with what the parent had when it forked. */
function usage(): ProcessUsage {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const kibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
  const { user, system } = process.cpuUsage();
  const longestStallMs = stalls.max / 1e6;
  stalls.reset();
  return { peakBytes: kibibytes * 1_024, processorSeconds: (user + system) / 1e6, longestStallMs };
}

/** A process of the bench: its module answers calls by name. */
export class BenchProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #logPath: string;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #gone: Promise<void>;
  #calls = 0;
  #ended = false;

  constructor(name: string, module: URL, logPath: string) {
    this.name = name;
    this.#logPath = logPath;
    const log = openSync(logPath, 'a');
    this.#child = fork(module, {
      stdio: ['ignore', log, log, 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    closeSync(log);
    this.#child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.fault === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new Error(`${name}: ${answer.fault}`));
    });
    this.#gone = new Promise((resolve) =>
      this.#child.once('exit', () => {
        this.#ended = true;
        for (const { reject } of this.#waiting.values())
          reject(new Error(`${name} ended\n${readFileSync(logPath, 'utf8').slice(-2_000)}`));
        this.#waiting.clear();
        resolve();
      }),
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  get log(): string {
    return readFileSync(this.#logPath, 'utf8');
  }

  call<T>(name: string, argument: unknown = null): Promise<T> {
    if (this.#ended) return Promise.reject(new Error(`${this.name} has ended`));
    this.#calls += 1;
    const call: Call = { id: this.#calls, name, argument };
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(call.id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send(call);
    });
  }

  usage(): Promise<ProcessUsage> {
    return this.call('usage');
  }

  startProfile(kind: ProfileKind): Promise<void> {
    return this.call('startProfile', kind);
  }

  stopProfile(): Promise<ProcessorMs> {
    return this.call('stopProfile');
  }

  /** Waits until it ended by itself. */
  gone(): Promise<void> {
    return this.#gone;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
