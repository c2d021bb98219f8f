// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { doTokenizerTask, type TokenizerResults, type TokenizerTask } from './tokenizer-work.ts';

/** {@link doTokenizerTask} off the event loop, in a thread of its own; it ends when the signal does. */
export function tokenizerWork<T extends TokenizerTask>(
  task: T,
  signal: AbortSignal,
): Promise<TokenizerResults[T['kind']]> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: task });
    const stop = () => void thread.terminate();
    signal.addEventListener('abort', stop, { once: true });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      reject(new Error(`the tokenizer thread ended with ${code}`));
    });
  });
}

if (!isMainThread && parentPort !== null) parentPort.postMessage(await doTokenizerTask(workerData as TokenizerTask));
