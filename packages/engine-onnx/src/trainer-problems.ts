// SPDX-License-Identifier: Apache-2.0
import { KibanError, type Localised } from '@kiban/core';

const titles = {
  'bad-config': { ja: '学習の設定に誤りがあります', en: 'The training configuration is wrong' },
  'bad-weights': { ja: '重みがモデルと合いません', en: 'The weights do not fit the model' },
  'bad-checkpoint': { ja: 'チェックポイントを使えません', en: 'The checkpoint cannot be used' },
  'data-missing': { ja: '学習データがありません', en: 'Training data is missing' },
  diverged: { ja: '学習が発散しました', en: 'Training diverged' },
  'trainer-died': { ja: '学習プロセスが終了しました', en: 'The trainer process ended' },
  'trainer-failed': { ja: '学習に失敗しました', en: 'Training failed' },
} as const satisfies Record<string, Localised>;

export type TrainerProblemCode = keyof typeof titles;

/** @param detail names the file, tensor or step; never token ids or text. */
export function trainerProblem(code: TrainerProblemCode, detail: string, cause?: unknown): KibanError {
  return new KibanError({
    code,
    status: code === 'trainer-died' ? 503 : 422,
    title: titles[code],
    detail,
    retryable: code === 'trainer-died',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function isTrainerProblemCode(code: string): code is TrainerProblemCode {
  return code in titles;
}
