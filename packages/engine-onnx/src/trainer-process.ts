// SPDX-License-Identifier: Apache-2.0
import os from 'node:os';
import { createInterface } from 'node:readline';
import { isKibanError } from '@kiban/core';
import type { EvaluationRequest, FederatedSession, TrainerSpec, TrainingRequest } from '@kiban/training';
import { openOnnxSession } from './onnx-session.ts';
import type { TrainerAnswerMessage, TrainerRequestMessage } from './trainer-messages.ts';
import { trainerProblem } from './trainer-problems.ts';

/** Entry of the trainer process: serves one session over standard input and output until its input ends. */
export async function serveTrainer(): Promise<void> {
  // Training gives way to everything that answers people.
  os.setPriority(10);
  let session: FederatedSession | undefined;
  let running: AbortController | undefined;
  let queue: Promise<void> = Promise.resolve();
  const answer = (message: TrainerAnswerMessage) => process.stdout.write(`${JSON.stringify(message)}\n`);

  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    const request = JSON.parse(line) as TrainerRequestMessage;
    if (request.method === 'abort') {
      running?.abort();
      answer({ id: request.id, ok: null });
      return;
    }
    queue = queue.then(async () => {
      try {
        answer({ id: request.id, ok: (await serve(request)) ?? null });
      } catch (error) {
        const code = isKibanError(error) ? error.code : 'trainer-failed';
        const detail = isKibanError(error) ? error.detail.en : 'see the log of the trainer process';
        if (!isKibanError(error)) console.error(error);
        answer({ id: request.id, problem: { code, detail } });
      }
    });
  });
  await new Promise<void>((resolve) => lines.once('close', resolve));
  running?.abort();
  await queue;
  await session?.close();

  async function serve(request: TrainerRequestMessage): Promise<unknown> {
    const { method, params } = request;
    if (method === 'open') {
      await session?.close();
      session = await openOnnxSession(params as TrainerSpec);
      return null;
    }
    if (session === undefined) throw trainerProblem('bad-config', 'no session is open');
    const { path } = params as { path: string };
    switch (method) {
      case 'load':
        return session.load(path);
      case 'run':
        running = new AbortController();
        return session.run(params as TrainingRequest, {
          signal: running.signal,
          onProgress: (progress) => answer({ event: 'progress', id: request.id, progress }),
        });
      case 'evaluate':
        return session.evaluate(params as EvaluationRequest);
      case 'exportWeights':
        return session.exportWeights(path);
      case 'writeDelta':
        return session.writeDelta(path);
      case 'saveCheckpoint':
        return session.saveCheckpoint(path);
      case 'resumeCheckpoint':
        return session.resumeCheckpoint(path);
      case 'resetMoments':
        return session.resetMoments();
      case 'abort':
        return null;
    }
  }
}

if (import.meta.main) await serveTrainer();
