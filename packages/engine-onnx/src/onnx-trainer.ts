// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Trainer } from '@kiban/training';
import { createChildProcessTrainer } from './child-process-trainer.ts';

/** The embedded trainer: ONNX Runtime on the CPU, one child process per session. */
export function createOnnxTrainer(options: { readonly onStarted?: (pid: number) => void } = {}): Trainer {
  return createChildProcessTrainer({
    name: 'onnx',
    command: process.execPath,
    arguments: ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('trainer-process.ts', import.meta.url))],
    ...options,
  });
}
