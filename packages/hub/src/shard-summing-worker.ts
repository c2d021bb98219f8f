// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort } from 'node:worker_threads';
import type { Sha256Digest } from '@kiban/core';
import { openSummingKernels, type SummingTask, sumShards } from './shard-summing.ts';
import { DamagedShard } from './survivor-words.ts';
import { WarmThread } from './warm-thread.ts';

/** An error loses its class between threads. */
type SummingAnswer =
  | { readonly digest: Sha256Digest }
  | { readonly damaged: { readonly fault: string; readonly path: string } }
  | { readonly fault: unknown };

const thread = new WarmThread<SummingTask, SummingAnswer>(new URL(import.meta.url));

/** Called while the shards arrive: a cold thread takes longer to start than ten million words take to add. */
export function prepareSumming(): void {
  thread.prepare();
}

/** {@link sumShards} off the event loop: requests are answered while the sum runs. @throws DamagedShard */
export async function sumShardsInWorker(task: SummingTask): Promise<Sha256Digest> {
  const answer = await thread.run(task);
  if ('digest' in answer) return answer.digest;
  throw 'damaged' in answer ? new DamagedShard(answer.damaged.fault, answer.damaged.path) : answer.fault;
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
