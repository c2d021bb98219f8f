// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import { addCounts, WordCounter } from './word-counts.ts';

/** Texts are handed to threads in batches of about so many UTF-16 code units. */
const batchUnits = 1 << 19;
/** Batches that a thread may have before the reader waits. */
const batchesAhead = 3;

/** Fewer texts than these are counted here: a thread takes longer to start. */
const threadsWorthUnits = 4 << 20;

export type WordCountRequest = readonly string[] | 'finish';
export type WordCountAnswer = 'counted' | ReadonlyMap<string, number>;

/**
 * Word counts of a stream of texts. Threads change the time that it takes, never the counts: they are added up.
 * @param threadCount threads that count when there is much to count
 */
export async function countWordsOf(
  texts: Iterable<string> | AsyncIterable<string>,
  options: { readonly threadCount?: number } = {},
): Promise<Map<string, number>> {
  const { threadCount = 1 } = options;
  const counter = new WordCounter();
  const counts = new Map<string, number>();
  const threads: CountingThread[] = [];
  let units = 0;
  let batch: string[] = [];
  let batchSize = 0;
  try {
    for await (const text of texts) {
      units += text.length;
      if (threadCount <= 1 || units <= threadsWorthUnits) {
        counter.add(text);
        continue;
      }
      if (threads.length === 0) for (let index = 0; index < threadCount; index += 1) threads.push(new CountingThread());
      batch.push(text);
      batchSize += text.length;
      if (batchSize < batchUnits) continue;
      await leastBusy(threads).count(batch);
      batch = [];
      batchSize = 0;
    }
    for (const text of batch) counter.add(text);
    addCounts(counts, counter.counts());
    for (const table of await Promise.all(threads.map((thread) => thread.finish()))) addCounts(counts, table);
    return counts;
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

function leastBusy(threads: readonly CountingThread[]): CountingThread {
  return threads.reduce((best, thread) => (thread.waiting < best.waiting ? thread : best));
}

class CountingThread {
  readonly #worker = new Worker(new URL('./word-count-worker.ts', import.meta.url));
  readonly #table = Promise.withResolvers<ReadonlyMap<string, number>>();
  #batchDone = Promise.withResolvers<void>();
  waiting = 0;

  constructor() {
    this.#table.promise.catch(() => undefined);
    this.#worker.once('error', (error) => {
      this.#table.reject(error);
      this.#batchDone.resolve();
    });
    this.#worker.on('message', (answer: WordCountAnswer) => {
      if (answer !== 'counted') return this.#table.resolve(answer);
      this.waiting -= 1;
      this.#batchDone.resolve();
      this.#batchDone = Promise.withResolvers();
    });
  }

  /** Hands a batch over; waits only while the thread has enough to do. */
  async count(texts: readonly string[]): Promise<void> {
    if (this.waiting >= batchesAhead) await this.#batchDone.promise;
    this.waiting += 1;
    this.#worker.postMessage(texts satisfies WordCountRequest);
  }

  finish(): Promise<ReadonlyMap<string, number>> {
    this.#worker.postMessage('finish' satisfies WordCountRequest);
    return this.#table.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
