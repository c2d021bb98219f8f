// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Trainer } from '@kiban/training';
import { createChildProcessTrainer } from './child-process-trainer.ts';
import type { TrainerCommand } from './trainer-child.ts';

export interface OnnxTrainerOptions extends Pick<TrainerCommand, 'onStarted' | 'onLog' | 'stopGraceMs'> {
  /** Node 24 or later. Default: the one that runs this process. */
  readonly nodeExecutable?: string;
}

/** The embedded trainer: ONNX Runtime on the CPU, one child process per session. */
export function createOnnxTrainer({ nodeExecutable, ...options }: OnnxTrainerOptions = {}): Trainer {
  return createChildProcessTrainer({
    name: 'onnx',
    command: nodeExecutable ?? process.execPath,
    arguments: ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('trainer-main.ts', import.meta.url))],
    ...options,
  });
}
