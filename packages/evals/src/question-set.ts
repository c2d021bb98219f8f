// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { KibanError } from '@kiban/core';
import * as z from 'zod';

export const questionSchema = z.looseObject({
  id: z.string().min(1),
  question: z.string().min(1),
  answer: z.string().min(1),
  aliases: z.array(z.string()).default([]),
  /** Questions about the same fact stand together in the standard error. */
  cluster: z.string().optional(),
});
export type Question = z.output<typeof questionSchema>;

/** JSON Lines, one question each. @throws KibanError `question-set-invalid`, naming the line. */
export async function readQuestionSet(path: string): Promise<Question[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [questionSchema.parse(JSON.parse(line))];
    } catch (error) {
      throw new KibanError({
        code: 'question-set-invalid',
        status: 422,
        title: { ja: '質問集に誤りがあります', en: 'The question set has faults' },
        detail: { ja: `${path} の ${index + 1} 行目を読めません。`, en: `${path}, line ${index + 1} cannot be read.` },
        cause: error,
      });
    }
  });
}
