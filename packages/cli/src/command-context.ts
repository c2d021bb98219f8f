// SPDX-License-Identifier: Apache-2.0
import { isKibanError, type Localised } from '@kiban/core';
import { exitCodeOf } from './exit-codes.ts';
import { inLanguage, type Language } from './language.ts';

/** What a command needs to talk to the person, or the program, that called it. */
export interface CommandContext {
  readonly language: Language;
  /** One JSON value per line on standard output instead of sentences. */
  readonly json: boolean;
  say(text: Localised): void;
  /** In JSON mode the value, else the lines. */
  show(value: unknown, lines: () => readonly string[]): void;
}

export function createContext(language: Language, json: boolean): CommandContext {
  return {
    language,
    json,
    say(text) {
      if (!json) process.stdout.write(`${inLanguage(text, language)}\n`);
    },
    show(value, lines) {
      process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${lines().join('\n')}\n`);
    },
  };
}

/** Errors as a person reads them: what happened, what to do; never a stack. Sets the exit code. */
export function reportError(error: unknown, context: CommandContext): void {
  process.exitCode = exitCodeOf(error);
  const known = isKibanError(error);
  if (context.json) {
    process.stderr.write(
      `${JSON.stringify({ error: known ? { code: error.code, title: error.title[context.language], detail: error.detail[context.language] } : { code: 'internal-error' } })}\n`,
    );
    return;
  }
  if (known)
    process.stderr.write(`${error.title[context.language]} (${error.code})\n${error.detail[context.language]}\n`);
  else {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${context.language === 'ja' ? '内部エラー' : 'Internal error'}: ${message}\n`);
    if (process.env.KIBAN_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}
