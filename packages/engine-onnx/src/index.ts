// SPDX-License-Identifier: Apache-2.0
export { type ChildProcessTrainerOptions, createChildProcessTrainer } from './child-process-trainer.ts';
export { createOnnxTrainer } from './onnx-trainer.ts';
