// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { OrganisationId } from '@kiban/core';
import { decideWinners } from '@kiban/corpus';

/** Files of uploads, one per member in the same order. */
interface DecisionTask {
  readonly members: readonly OrganisationId[];
  readonly uploads: readonly string[];
  readonly nonce: Uint8Array;
}

/** {@link decideWinners} in a thread of its own: tens of millions of tokens take a minute. @returns flags in the order of members */
export async function decideInWorker(task: DecisionTask): Promise<readonly Uint8Array[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { decide: task } });
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the deciding thread ended with ${code}`)));
    });
  } finally {
    await worker.terminate();
  }
}

const task = isMainThread ? undefined : (workerData as { readonly decide?: DecisionTask } | null)?.decide;
if (task !== undefined) {
  const uploads = new Map(task.members.map((member, index) => [member, readFileSync(task.uploads[index]!)] as const));
  const flags = decideWinners(uploads, task.nonce);
  parentPort?.postMessage(task.members.map((member) => flags.get(member)!));
}
