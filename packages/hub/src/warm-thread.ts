// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';

export interface WarmTask {
  /** Ends the thread, and with it the task. */
  readonly signal?: AbortSignal;
  /** False for a task after which nothing is likely to follow: the thread goes with it. */
  readonly keep?: boolean;
}

/**
 * A thread that stays from task to task, with its modules loaded and its code warm; it never keeps the process alive while it waits. The module
 * answers each message with one message. Tasks that come while it works get threads of their own, of which one is kept.
 */
export class WarmThread<Task, Answer> {
  readonly #module: URL;
  #waiting: Worker | undefined;

  constructor(module: URL) {
    this.#module = module;
  }

  /** Starts it ahead of the next task: a cold thread takes long to load. */
  prepare(): void {
    this.#waiting ??= this.#start();
  }

  /** @returns what the module answered; rejects when the thread ends before */
  run(task: Task, { signal, keep = true }: WarmTask = {}): Promise<Answer> {
    signal?.throwIfAborted();
    const thread = this.#waiting ?? this.#start();
    this.#waiting = undefined;
    return new Promise<Answer>((resolve, reject) => {
      const settle = (outcome: () => void) => {
        signal?.removeEventListener('abort', stop);
        thread.off('message', answered).off('error', failed).off('exit', ended).unref();
        outcome();
      };
      const stop = () => void thread.terminate();
      const answered = (answer: Answer) => {
        if (keep && this.#waiting === undefined) this.#waiting = thread;
        else void thread.terminate();
        settle(() => resolve(answer));
      };
      const failed = (error: unknown) => settle(() => reject(error));
      const ended = (code: number) =>
        settle(() => reject(new Error(`the thread of ${this.#module.pathname} ended with ${code}`)));
      signal?.addEventListener('abort', stop, { once: true });
      thread.once('message', answered).once('error', failed).once('exit', ended).ref();
      thread.postMessage(task);
    });
  }

  #start(): Worker {
    const thread = new Worker(this.#module);
    thread.unref();
    const forget = () => {
      if (this.#waiting === thread) this.#waiting = undefined;
    };
    // One that dies while it waits is replaced when it is needed.
    thread.once('error', forget);
    thread.once('exit', forget);
    return thread;
  }
}
