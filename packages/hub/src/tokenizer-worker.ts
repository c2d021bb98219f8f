// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { doTokenizerTask, type TokenizerResults, type TokenizerTask } from './tokenizer-work.ts';

type TokenizerAnswer = { readonly result: TokenizerResults[TokenizerTask['kind']] } | { readonly fault: unknown };

/** A thread that has loaded its modules: the rounds of one programme follow each other closely. It goes with the last task of a programme. */
let waiting: Worker | undefined;

/** {@link doTokenizerTask} off the event loop. Each thread does one task at a time; the signal ends it at once. */
export function tokenizerWork<T extends TokenizerTask>(
  task: T,
  signal: AbortSignal,
): Promise<TokenizerResults[T['kind']]> {
  signal.throwIfAborted();
  const thread = waiting ?? startThread();
  waiting = undefined;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      signal.removeEventListener('abort', stop);
      thread.off('message', answered).off('error', reject).off('exit', ended).unref();
      outcome();
    };
    const stop = () => void thread.terminate();
    const answered = (answer: TokenizerAnswer) => {
      if (waiting === undefined && task.kind !== 'finish') waiting = thread;
      else void thread.terminate();
      settle(() => ('result' in answer ? resolve(answer.result as TokenizerResults[T['kind']]) : reject(answer.fault)));
    };
    const ended = (code: number) => settle(() => reject(new Error(`the tokenizer thread ended with ${code}`)));
    signal.addEventListener('abort', stop, { once: true });
    thread.once('message', answered).once('error', reject).once('exit', ended).ref();
    thread.postMessage(task);
  });
}

function startThread(): Worker {
  const thread = new Worker(new URL(import.meta.url));
  thread.unref();
  const forget = () => {
    if (waiting === thread) waiting = undefined;
  };
  thread.once('error', forget);
  thread.once('exit', forget);
  return thread;
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (task: TokenizerTask) => {
    void doTokenizerTask(task).then(
      (result) => port.postMessage({ result } satisfies TokenizerAnswer),
      (fault: unknown) => port.postMessage({ fault } satisfies TokenizerAnswer),
    );
  });
}
