// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Trainer } from '../trainer-port.ts';
import { describeCheckpoints } from './describe-checkpoints.ts';
import { describeTrainerInput } from './describe-trainer-input.ts';
import { describeTraining } from './describe-training.ts';
import { TrainerWorkbench } from './trainer-workbench.ts';

export interface TrainerUnderTestOptions {
  /** To be called with the id of the process of each session: the suite kills it. */
  readonly onStarted?: (pid: number) => void;
}

export type MakeTrainer = (options?: TrainerUnderTestOptions) => Trainer;

/** The contract of the trainer port, for every engine that runs its sessions as processes. */
export function describeTrainer(name: string, makeTrainer: MakeTrainer): void {
  describe(`trainer: ${name}`, () => {
    let bench: TrainerWorkbench;
    before(() => {
      bench = new TrainerWorkbench();
    });
    after(() => bench.remove());

    describeTraining(makeTrainer, () => bench);
    describeCheckpoints(makeTrainer, () => bench);
    describeTrainerInput(makeTrainer, () => bench);

    test('a session closes more than once, and is of no use after that', async () => {
      const session = await makeTrainer().open(bench.spec('federated'));
      await session.close();
      await session.close();
      await assert.rejects(session.load(await bench.weights('closed')), { code: 'trainer-died' });
    });

    test('several sessions of one trainer run side by side with equal results', async () => {
      const trainer = makeTrainer();
      const request = bench.request(bench.countingShard());
      const weights = await bench.weights('side-by-side');
      const losses = await Promise.all(
        [1, 2, 3].map(async () => {
          await using session = await trainer.open(bench.spec('sovereign'));
          await session.load(weights);
          return (await session.run(request)).meanLoss;
        }),
      );
      assert.equal(new Set(losses).size, 1);
    });
  });
}
