// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import type {
  Evaluation,
  EvaluationRequest,
  ResumedCheckpoint,
  TrainerSpec,
  TrainingOutcome,
  TrainingProgress,
  TrainingRequest,
} from '@kiban/training';

export const trainerProtocolVersion = 1;

/**
 * Trainer protocol v1 between a node and a trainer process, whatever its language: one JSON object per line, requests on standard input,
 * answers and events on standard output; the log goes to standard error. Requests are served in order, except `abort`, which is served at
 * once. Bulk data are files. End of input means: stop between two steps and exit. Token ids and text never travel here.
 */
export interface TrainerCalls {
  readonly hello: { readonly params: None; readonly result: { readonly protocol: number; readonly engine: string } };
  readonly open: { readonly params: TrainerSpec; readonly result: null };
  readonly load: { readonly params: FilePath; readonly result: null };
  readonly run: { readonly params: TrainingRequest; readonly result: TrainingOutcome };
  /** Ends the `run` request with that id between two steps, or before its first. */
  readonly abort: { readonly params: { readonly request: number }; readonly result: null };
  readonly evaluate: { readonly params: EvaluationRequest; readonly result: Evaluation };
  readonly exportWeights: { readonly params: FilePath; readonly result: null };
  readonly writeDelta: { readonly params: FilePath; readonly result: null };
  readonly saveCheckpoint: { readonly params: FilePath; readonly result: null };
  readonly resumeCheckpoint: { readonly params: FilePath; readonly result: ResumedCheckpoint };
  readonly resetMoments: { readonly params: None; readonly result: null };
}

type None = Record<string, never>;
interface FilePath {
  readonly path: string;
}

export type TrainerMethod = keyof TrainerCalls;

export interface TrainerRequestMessage {
  readonly id: number;
  readonly method: TrainerMethod;
  readonly params: unknown;
}

export type TrainerAnswerMessage =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly problem: ProblemMessage }
  | { readonly id: number; readonly event: 'progress'; readonly progress: TrainingProgress };

/** A KibanError on the wire, without its cause. */
export type ProblemMessage = Pick<KibanError, 'code' | 'status' | 'title' | 'detail' | 'retryable'>;

export function problemMessage({ code, status, title, detail, retryable }: KibanError): ProblemMessage {
  return { code, status, title, detail, retryable };
}

export function problemFromMessage(message: ProblemMessage): KibanError {
  return new KibanError(message);
}
