// SPDX-License-Identifier: Apache-2.0
import { type ClusteredMean, clusteredMean } from '../statistics/clustered-mean.ts';
import type { Question } from './question-set.ts';
import { scoreExactMatch } from './score-exact-match.ts';

export interface ScoredQuestion {
  readonly id: string;
  readonly fact: string;
  readonly sector: string;
  readonly kind: string;
  /** What came back, whole. May hold a member's knowledge: stays at the node. */
  readonly generated: string;
  readonly score: 0 | 1;
}

export interface QuestionSetScore {
  /** Share of right answers, 0 to 1. */
  readonly accuracy: number;
  readonly correct: number;
  readonly total: number;
  /** Clustered by fact; see {@link clusteredMean}. */
  readonly standardError: number;
  /** 95 %, cut to [0, 1]. */
  readonly confidenceInterval: readonly [low: number, high: number];
  readonly clusters: number;
  /** In the order of the questions. */
  readonly perItem: readonly ScoredQuestion[];
}

export interface ScoreOptions {
  /** Questions asked at once; 1 by default. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly correct: number }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Asks every question once and scores by exact match. A failing answerer fails the whole: a score over fewer questions would not be
 * comparable. No question is begun after a failure or an abort.
 * @throws RangeError for an empty set; whatever `answer` throws; the signal's reason on abort
 */
export async function scoreQuestionSet(
  questions: readonly Question[],
  answer: (question: Question, signal?: AbortSignal) => Promise<string>,
  options: ScoreOptions = {},
): Promise<QuestionSetScore> {
  if (questions.length === 0) throw new RangeError('a score needs at least one question');
  const concurrency = Math.max(1, Math.min(options.concurrency ?? 1, questions.length));
  const perItem: ScoredQuestion[] = new Array(questions.length);
  let next = 0;
  let done = 0;
  let correct = 0;
  let failed = false;

  async function work(): Promise<void> {
    while (next < questions.length && !failed) {
      options.signal?.throwIfAborted();
      const index = next;
      next += 1;
      const question = questions[index] as Question;
      const generated = await answer(question, options.signal);
      const score = scoreExactMatch(question, generated);
      const { id, fact, sector, kind } = question;
      perItem[index] = { id, fact, sector, kind, generated, score };
      done += 1;
      correct += score;
      options.onProgress?.({ done, total: questions.length, correct });
    }
  }
  const workers = Array.from({ length: concurrency }, () =>
    work().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return summarise(perItem);
}

function summarise(perItem: readonly ScoredQuestion[]): QuestionSetScore {
  const statistics: ClusteredMean = clusteredMean(perItem.map((item) => ({ value: item.score, cluster: item.fact })));
  const [low, high] = statistics.confidenceInterval;
  return {
    accuracy: statistics.mean,
    correct: perItem.reduce((sum, item) => sum + item.score, 0),
    total: perItem.length,
    standardError: statistics.standardError,
    confidenceInterval: [Math.max(0, low), Math.min(1, high)],
    clusters: statistics.clusters,
    perItem,
  };
}
