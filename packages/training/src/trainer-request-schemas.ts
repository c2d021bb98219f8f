// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { modelConfigSchema } from './model-config.ts';
import { adamwSchema, learningRateScheduleSchema } from './schedule.ts';
import type { EvaluationRequest, TrainerSpec, TrainingRequest } from './trainer-port.ts';

// What a trainer process checks before it trusts a request: the same shapes as the port's types.

export const trainerSpecSchema = z
  .strictObject({
    kind: z.enum(['federated', 'sovereign']),
    model: modelConfigSchema,
    adamw: adamwSchema,
    batchSize: z.int().min(1).max(65_536),
    sequenceLength: z.int().min(2),
    threadCount: z.int().min(1).max(1_024),
    workDirectory: z.string().min(1),
  })
  .refine((spec) => spec.sequenceLength <= spec.model.contextLength, {
    path: ['sequenceLength'],
    error: 'longer than the context of the model',
  }) satisfies z.ZodType<TrainerSpec>;

const sourcesSchema = z
  .array(z.strictObject({ path: z.string().min(1), weight: z.number().min(0).max(1_000) }))
  .min(1, 'name at least one token shard');

export const trainingRequestSchema = z.strictObject({
  firstStep: z.int().min(0),
  stepCount: z.int().min(0),
  schedule: learningRateScheduleSchema,
  seed: z.string(),
  sources: sourcesSchema,
  checkpoint: z.exactOptional(z.strictObject({ path: z.string().min(1), everySteps: z.int().min(1) })),
}) satisfies z.ZodType<TrainingRequest>;

export const evaluationRequestSchema = z.strictObject({
  sources: sourcesSchema,
  maximumTokens: z.exactOptional(z.int().min(1)),
}) satisfies z.ZodType<EvaluationRequest>;
