// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';

export type Language = 'ja' | 'en';

/** `--lang` wins, then the locale of the environment; Japanese only when it says so. */
export function chooseLanguage(argv: readonly string[], environment: NodeJS.ProcessEnv): Language {
  const index = argv.findIndex((argument) => argument === '--lang' || argument.startsWith('--lang='));
  const given = index < 0 ? undefined : argv[index]!.includes('=') ? argv[index]!.split('=')[1] : argv[index + 1];
  const locale = given ?? environment.LC_ALL ?? environment.LC_MESSAGES ?? environment.LANG ?? '';
  return locale.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

export function inLanguage(text: Localised, language: Language): string {
  return text[language];
}
