// SPDX-License-Identifier: Apache-2.0
import { extractAnswer } from './extract-answer.ts';
import { normaliseAnswer } from './normalise-answer.ts';
import type { Question } from './question-set.ts';

/** 1 if the generated text's first line equals the answer or an alias after normalisation, else 0. An empty answer is wrong. */
export function scoreExactMatch(question: Pick<Question, 'answer' | 'aliases'>, generated: string): 0 | 1 {
  const given = normaliseAnswer(extractAnswer(generated));
  if (given === '') return 0;
  const right = [question.answer, ...(question.aliases ?? [])];
  return right.some((answer) => normaliseAnswer(answer) === given) ? 1 : 0;
}
