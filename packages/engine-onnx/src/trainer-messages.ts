// SPDX-License-Identifier: Apache-2.0
import type {
  Evaluation,
  EvaluationRequest,
  TrainerSpec,
  TrainingOutcome,
  TrainingProgress,
  TrainingRequest,
} from '@kiban/training';

/**
 * Trainer protocol v1 between a node and a trainer process, whatever its language: one JSON object per line, requests on standard input,
 * answers and events on standard output. Bulk data are files. End of input means stop. Token ids and text never travel here.
 */
export interface TrainerCalls {
  readonly open: { readonly params: TrainerSpec; readonly result: null };
  readonly load: { readonly params: { readonly path: string }; readonly result: null };
  readonly run: { readonly params: TrainingRequest; readonly result: TrainingOutcome };
  /** Ends a run between two steps. */
  readonly abort: { readonly params: Record<string, never>; readonly result: null };
  readonly evaluate: { readonly params: EvaluationRequest; readonly result: Evaluation };
  readonly exportWeights: { readonly params: { readonly path: string }; readonly result: null };
  readonly writeDelta: { readonly params: { readonly path: string }; readonly result: null };
  readonly saveCheckpoint: { readonly params: { readonly path: string }; readonly result: null };
  readonly resumeCheckpoint: { readonly params: { readonly path: string }; readonly result: null };
  readonly resetMoments: { readonly params: Record<string, never>; readonly result: null };
}

export type TrainerMethod = keyof TrainerCalls;

export interface TrainerRequestMessage {
  readonly id: number;
  readonly method: TrainerMethod;
  readonly params: unknown;
}

export type TrainerAnswerMessage =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly problem: { readonly code: string; readonly detail: string } }
  | { readonly event: 'progress'; readonly id: number; readonly progress: TrainingProgress };
