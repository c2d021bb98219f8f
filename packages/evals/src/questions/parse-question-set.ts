// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import { type QuestionSet, questionSchema } from './question-set.ts';

/**
 * Reads a question set from JSON Lines (one question per line, empty lines allowed).
 * @param fileName names the source in errors
 * @throws KibanError question-set-malformed with all faulty lines (the first 20 listed), never their text
 */
export function parseQuestionSet(jsonLines: string, fileName: string): QuestionSet {
  const faults: string[] = [];
  const questions: QuestionSet = [];
  const lineOfId = new Map<string, number>();
  for (const [index, line] of jsonLines.split('\n').entries()) {
    if (line.trim() === '') continue;
    const lineNumber = index + 1;
    const parsed = questionSchema.safeParse(parseJson(line));
    if (!parsed.success) {
      const fields = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'line'}: ${issue.message}`);
      faults.push(`${lineNumber}: ${fields.join('; ')}`);
      continue;
    }
    const earlier = lineOfId.get(parsed.data.id);
    if (earlier !== undefined) faults.push(`${lineNumber}: id: same as in line ${earlier}`);
    lineOfId.set(parsed.data.id, lineNumber);
    questions.push(parsed.data);
  }
  if (faults.length === 0 && questions.length > 0) return questions;
  const listed = faults.slice(0, 20).join(' / ');
  const shown = faults.length === 0 ? { ja: '質問が1件もありません。', en: 'It holds no question.' } : undefined;
  throw new KibanError({
    code: 'question-set-malformed',
    status: 400,
    title: { ja: '質問集を読めません', en: 'The question set cannot be read' },
    detail: {
      ja: `${fileName}: ${shown?.ja ?? `行ごとの誤り ${faults.length} 件: ${listed}`}`,
      en: `${fileName}: ${shown?.en ?? `${faults.length} faults by line: ${listed}`}`,
    },
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
