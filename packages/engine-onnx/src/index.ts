// SPDX-License-Identifier: Apache-2.0
export { createChildProcessTrainer } from './child-process-trainer.ts';
export { createOnnxTrainer, type OnnxTrainerOptions } from './onnx-trainer.ts';
export type { TrainerCommand } from './trainer-child.ts';
