// SPDX-License-Identifier: Apache-2.0
import { isKibanError, KibanError, type Localised } from '@kiban/core';

const titles = {
  'bad-config': { ja: '学習の設定に誤りがあります', en: 'The training configuration is wrong' },
  'bad-weights': { ja: '重みがモデルと合いません', en: 'The weights do not fit the model' },
  'bad-checkpoint': { ja: 'チェックポイントを使えません', en: 'The checkpoint cannot be used' },
  'data-missing': { ja: '学習データがありません', en: 'Training data is missing' },
  diverged: { ja: '学習が発散しました', en: 'Training diverged' },
  'out-of-memory': { ja: '学習用のメモリが足りません', en: 'Training ran out of memory' },
  'trainer-died': { ja: '学習プロセスが終了しました', en: 'The trainer process ended' },
  'trainer-failed': { ja: '学習に失敗しました', en: 'Training failed' },
} as const satisfies Record<string, Localised>;

export type TrainerProblemCode = keyof typeof titles;

/** @param detail names the file, tensor or step; never token ids or text. */
export function trainerProblem(code: TrainerProblemCode, detail: Localised, cause?: unknown): KibanError {
  return new KibanError({
    code,
    status: code === 'trainer-died' ? 503 : code === 'out-of-memory' ? 507 : 422,
    title: titles[code],
    detail,
    retryable: code === 'trainer-died',
    cause,
  });
}

/** Anything thrown inside the trainer, as a problem that may be shown; what is not known keeps its text for the log. */
export function asTrainerProblem(error: unknown): KibanError {
  if (isKibanError(error)) return error;
  if (error instanceof Error && /bad_alloc|failed to allocate|array buffer allocation/i.test(error.message))
    return trainerProblem(
      'out-of-memory',
      {
        ja: 'バッチサイズかモデルを小さくするか、メモリを増やしてください。',
        en: 'Use a smaller batch or model, or more memory.',
      },
      error,
    );
  return trainerProblem(
    'trainer-failed',
    { ja: '学習プロセスのログを確認してください。', en: 'See the log of the trainer process.' },
    error,
  );
}
