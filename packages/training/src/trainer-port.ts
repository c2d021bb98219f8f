// SPDX-License-Identifier: Apache-2.0
import type { Sha256Digest } from '@kiban/core';
import type { ModelConfig } from './model-config.ts';
import type { AdamwConstants, LearningRateSchedule } from './schedule.ts';

/**
 * Federated sessions give their update to the quantiser; sovereign ones (a member's private model) have no way to give one.
 * Weights and the order of batches come from `training`: an engine never draws a random number for them.
 */
export interface TrainerSpec {
  readonly kind: 'federated' | 'sovereign';
  readonly model: ModelConfig;
  readonly adamw: AdamwConstants;
  /** Sequences per step. */
  readonly batchSize: number;
  /** Tokens per sequence, at most the model's context. */
  readonly sequenceLength: number;
  readonly threadCount: number;
  /** The engine's own folder; may hold anything private, never leaves the node. */
  readonly workDirectory: string;
}

export interface TokenSource {
  /** `.bin` token shard. */
  readonly path: string;
  readonly weight: number;
}

export interface TrainingRequest {
  /** Step of the whole run that comes first, from 0: learning rate and batches depend on it. */
  readonly firstStep: number;
  readonly stepCount: number;
  readonly schedule: LearningRateSchedule;
  /** Names the order of batches. */
  readonly seed: string;
  readonly sources: readonly TokenSource[];
  /** Saves the session's checkpoint during the run, after every so many of its steps. */
  readonly checkpoint?: { readonly path: string; readonly everySteps: number };
}

export interface TrainingProgress {
  /** Steps done of this request. */
  readonly step: number;
  /** Mean over the step's tokens, nats. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly tokens: number;
}

export interface TrainingOutcome {
  readonly stepsDone: number;
  /** Mean over all steps done, nats per token. */
  readonly meanLoss: number;
  readonly tokens: number;
  /** True when the signal ended the run before its last step. */
  readonly aborted: boolean;
}

export interface EvaluationRequest {
  readonly sources: readonly TokenSource[];
  /** Whole rows, source after source, until this many target tokens are reached. Without it: everything. */
  readonly maximumTokens?: number;
}

export interface Evaluation {
  /** Sum over the targets that are not padding. */
  readonly nats: number;
  readonly tokens: number;
  /** UTF-8 bytes of text that the evaluated rows stand for, in proportion. */
  readonly textBytes: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface ResumedCheckpoint {
  /** `firstStep` that continues the run that was saved; null when nothing was trained since the weights were loaded. */
  readonly nextStep: number | null;
  /** SHA-256 of the anchor in flat order (little-endian float32): says which base the checkpoint is about. */
  readonly anchorDigest: Sha256Digest;
}

/** One model in training. Calls run one after the other. Paths are files, since engines are child processes. */
export interface SovereignSession {
  readonly kind: TrainerSpec['kind'];
  /**
   * Exact names, shapes, float32, finite. What was loaded is the anchor. Moments stay.
   * @throws KibanError `bad-weights`, naming the tensor, `model-file-invalid` or `model-file-unreadable`; the session is then as it was.
   */
  load(safetensorsPath: string): Promise<void>;
  /**
   * The signal acts between two steps. Progress is told after each step.
   * @throws KibanError `diverged` when loss or gradient is not finite: weights and moments are gone, load or resume again;
   * `data-missing` or `token-shard-invalid` for the sources.
   */
  run(request: TrainingRequest, options?: RunOptions): Promise<TrainingOutcome>;
  /** Leaves no trace in the state. */
  evaluate(request: EvaluationRequest): Promise<Evaluation>;
  /** Safetensors, float32, in flat order. */
  exportWeights(path: string): Promise<void>;
  /** Weights, anchor, moments and step counters; whole or not at all after a crash. The steps after a resume are bitwise the same. */
  saveCheckpoint(path: string): Promise<void>;
  /** @throws KibanError `bad-checkpoint` for a torn, foreign or damaged file; the session is then as it was. */
  resumeCheckpoint(path: string): Promise<ResumedCheckpoint>;
  /** AdamW starts anew, as for a member that lost its disk. */
  resetMoments(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FederatedSession extends SovereignSession {
  /** Little-endian float32 of `anchor - weights` in flat order: the update before clipping and quantising. */
  writeDelta(path: string): Promise<void>;
}

export interface Trainer {
  readonly name: string;
  open(spec: TrainerSpec & { readonly kind: 'federated' }): Promise<FederatedSession>;
  open(spec: TrainerSpec): Promise<SovereignSession>;
}
