// SPDX-License-Identifier: Apache-2.0
import { normaliseKibanJa1 } from './kiban-ja-1.ts';
import { normaliseKibanRaw1 } from './kiban-raw-1.ts';

/** `kiban-ja-1` for prose and logs, `kiban-raw-1` for records whose columns must not move. */
export type ProfileName = 'kiban-ja-1' | 'kiban-raw-1';

/** Normalises text that is stored and trained on. Idempotent. */
export function normalise(text: string, profile: ProfileName): string {
  switch (profile) {
    case 'kiban-ja-1':
      return normaliseKibanJa1(text);
    case 'kiban-raw-1':
      return normaliseKibanRaw1(text);
  }
}
