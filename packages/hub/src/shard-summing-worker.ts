// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Sha256Digest } from '@kiban/core';
import { type SummingTask, sumShards } from './shard-summing.ts';

/** {@link sumShards} off the event loop: requests are answered while the sum runs. */
export function sumShardsInWorker(task: SummingTask): Promise<Sha256Digest> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.once('message', (digest: Sha256Digest) => resolve(digest));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the summing worker ended with ${code}`)));
  });
}

if (!isMainThread && parentPort !== null) parentPort.postMessage(sumShards(workerData as SummingTask));
