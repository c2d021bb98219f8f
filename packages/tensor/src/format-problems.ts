// SPDX-License-Identifier: Apache-2.0
import { KibanError, type Localised } from '@kiban/core';

/** A model file that cannot be trusted. `fault` names what is wrong, and the tensor or key where there is one. */
export function modelFileInvalid(path: string, fault: Localised, cause?: unknown): KibanError {
  return new KibanError({
    code: 'model-file-invalid',
    status: 422,
    title: { ja: 'モデルファイルが壊れています', en: 'The model file is damaged' },
    detail: {
      ja: `${path}: ${fault.ja}。取り直すか、作り直してください。`,
      en: `${path}: ${fault.en}. Fetch or make it again.`,
    },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The file is not there, is no plain file, or may not be read. */
export function modelFileUnreadable(path: string, cause?: unknown): KibanError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'not a file';
  return new KibanError({
    code: 'model-file-unreadable',
    status: 404,
    title: { ja: 'モデルファイルを開けません', en: 'The model file cannot be opened' },
    detail: {
      ja: `${path} を開けません (${code})。場所と読み取り権限を確認してください。`,
      en: `${path} cannot be opened (${code}). Check where it is and whether it may be read.`,
    },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A model that the wanted format cannot express, or parts that do not belong together. */
export function modelNotConvertible(path: string, fault: Localised): KibanError {
  return new KibanError({
    code: 'model-not-convertible',
    status: 422,
    title: { ja: 'モデルを変換できません', en: 'The model cannot be converted' },
    detail: { ja: `${path}: ${fault.ja}。`, en: `${path}: ${fault.en}.` },
  });
}
