// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LearningRateSchedule, learningRateAt } from './schedule.ts';

const schedule: LearningRateSchedule = { peak: 2e-3, warmupSteps: 10, totalSteps: 110, finalFraction: 0.1 };

test('rises in a line to the peak, is halfway down in the middle and ends at the final fraction', () => {
  assert.equal(learningRateAt(schedule, 0), 2e-4);
  assert.equal(learningRateAt(schedule, 9), 2e-3);
  assert.equal(learningRateAt(schedule, 10), 2e-3);
  assert.ok(Math.abs(learningRateAt(schedule, 60) - 1.1e-3) < 1e-12);
  assert.ok(Math.abs(learningRateAt(schedule, 110) - 2e-4) < 1e-12);
});

test('never rises after the warm-up and stays at the end after the last step', () => {
  for (let step = 10; step < 150; step += 1)
    assert.ok(learningRateAt(schedule, step + 1) <= learningRateAt(schedule, step));
  assert.equal(learningRateAt(schedule, 1_000), learningRateAt(schedule, 110));
});

test('works without warm-up and with a warm-up as long as the run', () => {
  assert.equal(learningRateAt({ ...schedule, warmupSteps: 0 }, 0), 2e-3);
  assert.equal(learningRateAt({ ...schedule, warmupSteps: 110 }, 109), 2e-3);
});
