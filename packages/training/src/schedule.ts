// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

export const learningRateScheduleSchema = z.strictObject({
  peak: z.number().positive(),
  warmupSteps: z.int().min(0),
  /** Steps of the whole run, over all rounds. */
  totalSteps: z.int().min(1),
  /** The rate at the end, as a fraction of the peak. */
  finalFraction: z.number().min(0).max(1),
});
export type LearningRateSchedule = z.output<typeof learningRateScheduleSchema>;

/** Linear warm-up, then cosine down to the final fraction. @param step from 0 */
export function learningRateAt(schedule: LearningRateSchedule, step: number): number {
  if (step < schedule.warmupSteps) return (schedule.peak * (step + 1)) / schedule.warmupSteps;
  const span = Math.max(1, schedule.totalSteps - schedule.warmupSteps);
  const progress = Math.min(1, (step - schedule.warmupSteps) / span);
  const cosine = 0.5 * (1 + Math.cos(Math.PI * progress));
  return schedule.peak * (schedule.finalFraction + (1 - schedule.finalFraction) * cosine);
}

/** AdamW as PyTorch computes it; `clipNorm` bounds the global gradient norm before the step. */
export const adamwSchema = z
  .strictObject({
    beta1: z.number().min(0).max(1).default(0.9),
    beta2: z.number().min(0).max(1).default(0.95),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).default(0.1),
    clipNorm: z.number().positive().default(1),
  })
  .prefault({});
export type AdamwConstants = z.output<typeof adamwSchema>;
