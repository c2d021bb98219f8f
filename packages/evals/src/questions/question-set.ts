// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

/** One held-out question. Strict: an unknown key is a fault. */
export const questionSchema = z.strictObject({
  /** Unique in its set. */
  id: z.string().min(1),
  /** Whose knowledge it asks for, for example `steel`. */
  sector: z.string().min(1),
  /** What the question is about; wordings of one fact are not independent and form one cluster of the statistics. */
  fact: z.string().min(1),
  question: z.string().min(1),
  answer: z.string().min(1),
  /** Other answers that count as right. */
  aliases: z.array(z.string().min(1)).optional(),
  /** How the wording came about, for example `known-pattern` or `new-pattern`. */
  kind: z.string().min(1),
});
export type Question = z.infer<typeof questionSchema>;

export const questionSetSchema = z
  .array(questionSchema)
  .min(1)
  .superRefine((questions, context) => {
    const seen = new Set<string>();
    for (const [index, question] of questions.entries()) {
      if (seen.has(question.id)) context.addIssue({ code: 'custom', path: [index, 'id'], message: 'id used twice' });
      seen.add(question.id);
    }
  });
export type QuestionSet = z.infer<typeof questionSetSchema>;
