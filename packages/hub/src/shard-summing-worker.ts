// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Sha256Digest } from '@kiban/core';
import { type SummingTask, sumShards } from './shard-summing.ts';
import { DamagedShard } from './survivor-words.ts';

/** An error loses its class between threads. */
type SummingAnswer =
  | { readonly digest: Sha256Digest }
  | { readonly damaged: { readonly fault: string; readonly path: string } }
  | { readonly fault: unknown };

/** A thread that has loaded its modules and waits for a task. */
let waiting: Worker | undefined;

/** Starts a thread ahead of the next sum, while the shards arrive: a cold one takes longer to start than ten million words take to add. */
export function prepareSumming(): void {
  waiting ??= startThread();
}

/** {@link sumShards} off the event loop: requests are answered while the sum runs. Each thread works for one sum. @throws DamagedShard */
export function sumShardsInWorker(task: SummingTask): Promise<Sha256Digest> {
  const thread = waiting ?? startThread();
  waiting = undefined;
  return new Promise<Sha256Digest>((resolve, reject) => {
    thread.once('message', (answer: SummingAnswer) => {
      if ('digest' in answer) resolve(answer.digest);
      else reject('damaged' in answer ? new DamagedShard(answer.damaged.fault, answer.damaged.path) : answer.fault);
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the summing thread ended with ${code}`)));
    thread.ref();
    thread.postMessage(task);
  }).finally(() => thread.terminate());
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
  port.once('message', (task: SummingTask) => {
    let answer: SummingAnswer;
    try {
      answer = { digest: sumShards(task) };
    } catch (fault) {
      answer = fault instanceof DamagedShard ? { damaged: { fault: fault.fault, path: fault.path } } : { fault };
    }
    port.postMessage(answer);
  });
}
