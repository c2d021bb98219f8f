// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

/** A model file that cannot be trusted. `detail` names what is wrong, and the tensor where there is one. */
export function modelFileInvalid(path: string, detail: string, cause?: unknown): KibanError {
  return new KibanError({
    code: 'model-file-invalid',
    status: 422,
    title: { ja: 'モデルファイルが壊れています', en: 'The model file is damaged' },
    detail: { ja: `${path}: ${detail}。取り直してください。`, en: `${path}: ${detail}. Fetch or make it again.` },
    ...(cause === undefined ? {} : { cause }),
  });
}
