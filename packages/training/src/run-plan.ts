// SPDX-License-Identifier: Apache-2.0
import { organisationIdSchema, programmeIdSchema } from '@kiban/core';
import * as z from 'zod';

const modelPlanSchema = z
  .strictObject({
    preset: z.enum(['tiny', 'small', 'medium', 'large']).default('tiny'),
    vocabularySize: z.int().min(512).max(65_536).multipleOf(128).default(1_024),
    contextLength: z.int().min(32).max(4_096).default(128),
  })
  .prefault({});

const tokenizerPlanSchema = z
  .strictObject({
    /** `public`: from the public corpus alone. `federated`: members agree on merges by secure sums of counts. */
    training: z.enum(['public', 'federated']).default('public'),
    /** Part of the merges that come from the public corpus before members are asked. */
    publicShare: z.number().min(0).max(1).default(0.5),
    /** Members that must hold a pair of tokens before it is merged; default 3, or 2 of fewer than five. Never fewer than that. */
    minimumMembers: z.int().min(2).max(32).optional(),
    /** Documents of all members together that must hold it. */
    minimumDocuments: z.int().min(1).max(1_000_000).default(50),
    /** A member says nothing of a pair that fewer of its own documents hold. */
    minimumOwnDocuments: z.int().min(1).max(1_000_000).default(5),
    /** Different pairs that one document speaks for, and how often it counts for each. */
    pairsPerDocument: z.int().min(1).max(65_536).default(256),
    repeatsPerDocument: z.int().min(1).max(1_000).default(8),
    /** Documents of a member that are looked at, in the order in which they are read. */
    documentsPerMember: z.int().min(1).max(10_000_000).default(50_000),
    /** Columns of each of the sketch's five rows. */
    sketchWidth: z
      .int()
      .min(1 << 10)
      .max(1 << 22)
      .refine((width) => Number.isInteger(Math.log2(width)), 'use a power of two')
      .default(1 << 18),
    /** Pairs counted exactly, and merges accepted, in a round. */
    candidates: z.int().min(1).max(65_536).default(2_048),
    batch: z.int().min(1).max(65_536).default(256),
    /** Rounds after which the rest of the vocabulary comes from the public corpus. */
    maximumRounds: z.int().min(1).max(10_000).default(250),
  })
  .prefault({});

const startPlanSchema = z
  .strictObject({
    /** The participant that trains tokenizer and start model, on the public corpus only. Default: the first participant. */
    trainedBy: organisationIdSchema.optional(),
    steps: z.int().min(1).max(1_000_000).default(300),
    peakLearningRate: z.number().positive().max(0.1).default(2e-3),
  })
  .prefault({});

const innerPlanSchema = z
  .strictObject({
    steps: z.int().min(1).max(10_000).default(30),
    batchSize: z.int().min(1).max(4_096).default(8),
    peakLearningRate: z.number().positive().max(0.1).default(1e-3),
    warmupSteps: z.int().min(0).default(50),
    finalLearningRateFraction: z.number().min(0).max(1).default(0.1),
  })
  .prefault({});

const outerPlanSchema = z
  .strictObject({
    learningRate: z.number().positive().max(2).default(1),
    momentum: z.number().min(0).max(0.99).default(0.8),
    /** Rounds of plain averaging before the momentum starts. */
    warmupRounds: z.int().min(0).default(0),
  })
  .prefault({});

const aggregationPlanSchema = z
  .strictObject({
    bits: z.union([z.literal(8), z.literal(16)]).default(16),
    levelLimit: z.int().min(1).max(127).default(127),
    /** Shares that open a secret; default floor(2N/3)+1. It can be raised, never lowered. */
    threshold: z.int().min(3).max(32).optional(),
    /**
     * Members without which no list is frozen; default max(threshold, min(4, N)). It can be raised, and lowered to the threshold: every
     * participant approves this text, and each node holds the hub to it.
     */
    quorum: z.int().min(3).max(32).optional(),
    /** A member that makes no progress (bytes, steps, messages) for this long counts as away, if the quorum is met without it. */
    graceMs: z.int().min(100).max(86_400_000).default(30_000),
    shardBytes: z.int().min(65_536).max(16_777_216).multipleOf(65_536).default(8_388_608),
  })
  .prefault({});

const gatePlanSchema = z
  .strictObject({
    /** Largest accepted rise of the members' mean held-out loss, in nats per token. */
    maximumLossIncrease: z.number().min(0).default(0.005),
    /** The same for the first three rounds. */
    maximumLossIncreaseAtFirst: z.number().min(0).default(0.02),
    /** The norm of the mean update may be at most this many times its running mean. */
    maximumNormRatio: z.number().min(1).default(5),
    /** Held-out tokens that each member evaluates. */
    heldOutTokens: z.int().min(128).default(8_192),
    /** After so many rejected rounds in a row the run ends early: with the base accepted last, or as failed if none ever was. */
    maximumRejectedInARow: z.int().min(1).default(3),
  })
  .prefault({});

/** The governed text of a programme: everything that members agree to before anything trains. */
export const runPlanSchema = z
  .strictObject({
    version: z.literal(1),
    programme: programmeIdSchema,
    title: z.string().min(1).max(200),
    purpose: z.string().min(1).max(2_000),
    participants: z.array(organisationIdSchema).min(3, 'at least 3 participants: two could subtract').max(32),
    /** The most confidential data class that may be used. */
    maximumDataClass: z.enum(['public', 'internal', 'confidential', 'restricted']).default('confidential'),
    seed: z.string().min(1).max(100).default('1'),
    model: modelPlanSchema,
    tokenizer: tokenizerPlanSchema,
    start: startPlanSchema,
    rounds: z.int().min(1).max(100_000).default(8),
    inner: innerPlanSchema,
    outer: outerPlanSchema,
    aggregation: aggregationPlanSchema,
    gate: gatePlanSchema,
    release: z
      .strictObject({
        name: z
          .string()
          .regex(/^[a-z][a-z0-9.-]{1,62}$/, 'use 2 to 63 of a-z, 0-9, . and -, starting with a letter')
          .optional(),
        licence: z.string().min(1).default('Apache-2.0'),
      })
      .prefault({}),
    /** Members publish their own held-out perplexity before and after, signed. Otherwise only the mean is known. */
    publishScores: z.boolean().default(true),
  })
  .superRefine((plan, context) => {
    const fault = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const memberCount = plan.participants.length;
    plan.participants.forEach((participant, index) => {
      if (plan.participants.indexOf(participant) !== index)
        fault(['participants', index], `${participant} is listed twice`);
    });
    if (plan.start.trainedBy !== undefined && !plan.participants.includes(plan.start.trainedBy))
      fault(['start', 'trainedBy'], `${plan.start.trainedBy} is not a participant`);
    const { threshold, quorum } = aggregationThresholds(memberCount);
    const plannedThreshold = plan.aggregation.threshold ?? threshold;
    if (plannedThreshold < threshold || plannedThreshold > memberCount)
      fault(['aggregation', 'threshold'], `${memberCount} participants allow ${threshold} to ${memberCount}`);
    const plannedQuorum = plan.aggregation.quorum ?? Math.max(plannedThreshold, quorum);
    if (plannedQuorum < plannedThreshold || plannedQuorum > memberCount)
      fault(['aggregation', 'quorum'], `${memberCount} participants allow ${plannedThreshold} to ${memberCount}`);
    const fewest = leastTokenSupport(memberCount);
    const wanted = plan.tokenizer.minimumMembers ?? fewest;
    if (wanted < fewest || wanted > memberCount)
      fault(['tokenizer', 'minimumMembers'], `${memberCount} participants allow ${fewest} to ${memberCount}`);
    const largest = 2 ** (plan.aggregation.bits - 1) - 1;
    if (memberCount * plan.aggregation.levelLimit > largest)
      fault(
        ['aggregation', 'levelLimit'],
        `${memberCount} members x ${plan.aggregation.levelLimit} does not fit ${plan.aggregation.bits} bits (at most ${Math.floor(largest / memberCount)})`,
      );
    if (plan.inner.warmupSteps >= plan.inner.steps * plan.rounds)
      fault(['inner', 'warmupSteps'], `the whole run has only ${plan.inner.steps * plan.rounds} steps`);
  });

export type RunPlan = z.output<typeof runPlanSchema>;

/** Defaults of Bonawitz-style aggregation on the complete graph: t = floor(2N/3)+1, quorum = max(t, min(4, N)). */
export function aggregationThresholds(memberCount: number): { threshold: number; quorum: number } {
  const threshold = Math.floor((2 * memberCount) / 3) + 1;
  return { threshold, quorum: Math.max(threshold, Math.min(4, memberCount)) };
}

/** What the plan says, or the defaults where it says nothing. */
export function plannedThresholds(plan: Pick<RunPlan, 'participants' | 'aggregation'>): {
  threshold: number;
  quorum: number;
} {
  const defaults = aggregationThresholds(plan.participants.length);
  const threshold = plan.aggregation.threshold ?? defaults.threshold;
  return { threshold, quorum: plan.aggregation.quorum ?? Math.max(threshold, defaults.quorum) };
}

/** Members that must hold a pair before it may become a token: two of a small coalition, three of a larger one. */
function leastTokenSupport(memberCount: number): number {
  return memberCount < 5 ? 2 : 3;
}

/** The tokenizer's part of the plan, with the default where it says nothing. */
export function plannedTokenizer(plan: Pick<RunPlan, 'participants' | 'tokenizer'>) {
  const { tokenizer, participants } = plan;
  return { ...tokenizer, minimumMembers: tokenizer.minimumMembers ?? leastTokenSupport(participants.length) };
}

/** Who trains start model and, where members do not agree on one, tokenizer. */
export function startTrainer(plan: RunPlan): RunPlan['participants'][number] {
  return plan.start.trainedBy ?? plan.participants[0]!;
}
