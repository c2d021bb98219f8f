// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort } from 'node:worker_threads';
import { doTokenizerTask, type TokenizerResults, type TokenizerTask } from './tokenizer-work.ts';
import { WarmThread } from './warm-thread.ts';

type TokenizerAnswer = { readonly result: TokenizerResults[TokenizerTask['kind']] } | { readonly fault: unknown };

const thread = new WarmThread<TokenizerTask, TokenizerAnswer>(new URL(import.meta.url));

/**
 * {@link doTokenizerTask} off the event loop; the signal ends it at once. The rounds of one programme follow each other closely, so the thread stays
 * until the programme's last task.
 */
export async function tokenizerWork<T extends TokenizerTask>(
  task: T,
  signal: AbortSignal,
): Promise<TokenizerResults[T['kind']]> {
  const answer = await thread.run(task, { signal, keep: task.kind !== 'finish' });
  if ('fault' in answer) throw answer.fault;
  return answer.result as TokenizerResults[T['kind']];
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
