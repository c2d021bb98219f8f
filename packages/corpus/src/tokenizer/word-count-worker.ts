// SPDX-License-Identifier: Apache-2.0
import { parentPort } from 'node:worker_threads';
import type { WordCountAnswer, WordCountRequest } from './word-count-threads.ts';
import { WordCounter } from './word-counts.ts';

const counter = new WordCounter();
parentPort?.on('message', (request: WordCountRequest) => {
  let answer: WordCountAnswer = 'counted';
  if (request === 'finish') answer = counter.counts();
  else for (const text of request) counter.add(text);
  parentPort?.postMessage(answer);
});
