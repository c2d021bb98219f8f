// SPDX-License-Identifier: Apache-2.0
import { isExactMatch } from './answer-scoring.ts';
import type { Question } from './question-set.ts';
import { clusteredStandardError } from './statistics.ts';

export interface QuestionResult {
  readonly id: string;
  readonly given: string;
  readonly right: boolean;
}

export interface QuestionScore {
  readonly correct: number;
  readonly total: number;
  /** 0..1 */
  readonly accuracy: number;
  /** Of the accuracy, with questions about one fact as a cluster. */
  readonly standardError: number;
  readonly results: readonly QuestionResult[];
}

export interface ScoringOptions {
  /** Questions under way at once. */
  readonly concurrency?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Asks every question and compares what came back; nothing but the generated text counts. */
export async function scoreQuestions(
  questions: readonly Question[],
  ask: (question: string, signal?: AbortSignal) => Promise<string>,
  options: ScoringOptions = {},
): Promise<QuestionScore> {
  const results: QuestionResult[] = new Array(questions.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < questions.length; index = next++) {
      options.signal?.throwIfAborted();
      const question = questions[index]!;
      const given = await ask(question.question, options.signal);
      results[index] = { id: question.id, given, right: isExactMatch(given, question.answer, question.aliases) };
      done += 1;
      options.onProgress?.(done, questions.length);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency ?? 1) }, worker));
  const scores = results.map((result) => (result.right ? 1 : 0));
  const correct = scores.reduce<number>((sum, score) => sum + score, 0);
  return {
    correct,
    total: questions.length,
    accuracy: questions.length === 0 ? 0 : correct / questions.length,
    standardError: clusteredStandardError(
      scores,
      questions.map((question) => question.cluster ?? question.id),
    ),
    results,
  };
}
