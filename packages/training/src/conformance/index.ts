// SPDX-License-Identifier: Apache-2.0
export { describeTrainer } from './describe-trainer.ts';
export { TrainerWorkbench, toyModel } from './trainer-workbench.ts';
