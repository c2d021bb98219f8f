// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Sha256Digest } from '@kiban/core';
import { openSummingKernels, type SummingTask, sumShards } from './shard-summing.ts';
import { DamagedShard } from './survivor-words.ts';

/** An error loses its class between threads. */
type SummingAnswer =
  | { readonly digest: Sha256Digest }
  | { readonly damaged: { readonly fault: string; readonly path: string } }
  | { readonly fault: unknown };

/** A thread that has loaded its modules and waits for a task: one is kept from sum to sum, with code that is warm. */
let waiting: Worker | undefined;

/** Starts a thread ahead of the next sum, while the shards arrive: a cold one takes longer to start than ten million words take to add. */
export function prepareSumming(): void {
  waiting ??= startThread();
}

/** {@link sumShards} off the event loop: requests are answered while the sum runs. Each thread works for one sum at a time. @throws DamagedShard */
export function sumShardsInWorker(task: SummingTask): Promise<Sha256Digest> {
  const thread = waiting ?? startThread();
  waiting = undefined;
  return new Promise<Sha256Digest>((resolve, reject) => {
    const settle = (outcome: () => void) => {
      thread.off('message', answered).off('error', failed).off('exit', ended).unref();
      outcome();
    };
    const answered = (answer: SummingAnswer) => {
      if (waiting === undefined) waiting = thread;
      else void thread.terminate();
      settle(() => {
        if ('digest' in answer) resolve(answer.digest);
        else reject('damaged' in answer ? new DamagedShard(answer.damaged.fault, answer.damaged.path) : answer.fault);
      });
    };
    const failed = (error: unknown) => settle(() => reject(error));
    const ended = (code: number) => settle(() => reject(new Error(`the summing thread ended with ${code}`)));
    thread.once('message', answered).once('error', failed).once('exit', ended).ref();
    thread.postMessage(task);
  });
}

function startThread(): Worker {
  const thread = new Worker(new URL(import.meta.url));
  thread.unref();
  const forget = () => {
    if (waiting === thread) waiting = undefined;
  };
  // One that dies while it waits is replaced when it is needed.
  thread.once('error', forget);
  thread.once('exit', forget);
  return thread;
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const kernels = openSummingKernels();
  port.on('message', (task: SummingTask) => {
    let answer: SummingAnswer;
    try {
      answer = { digest: sumShards(task, kernels) };
    } catch (fault) {
      answer = fault instanceof DamagedShard ? { damaged: { fault: fault.fault, path: fault.path } } : { fault };
    }
    port.postMessage(answer);
  });
}
