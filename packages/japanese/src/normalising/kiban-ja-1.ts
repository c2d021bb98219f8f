// SPDX-License-Identifier: Apache-2.0
import { normaliseKibanRaw1 } from './kiban-raw-1.ts';

/**
 * The profile for prose, documents and logs: unifies what legacy encodings and input methods scatter (half-width katakana, decomposed letters,
 * wave dashes, full-width digits and Latin letters, spaces, line ends) and keeps what carries meaning (①, ㈱, ℃, ㎥, Ⅲ, …, variant kanji).
 * Deliberately neither NFC nor NFKC. Idempotent; text in, text out.
 */
export function normaliseKibanJa1(text: string): string {
  let result = normaliseKibanRaw1(text);
  if (/[\uff61-\uff9f]/.test(result)) result = widenKatakana(result);
  if (/[\u3099\u309a]/.test(result)) result = composeVoiced(result);
  if (/[\u301c\u2016\u2212]/.test(result))
    result = result.replace(/[\u301c\u2016\u2212]/g, (mark) => windowsTwin[mark]!);
  if (/[，．]/.test(result)) result = unifyPunctuation(result);
  if (/[\uff0c-\uff3a\uff41-\uff5a]/.test(result)) result = narrowAlphanumerics(result);
  return tidySpaces(result);
}

const windowsTwin: Readonly<Record<string, string>> = { '\u301c': '\uff5e', '\u2016': '\u2225', '\u2212': '\uff0d' };

// FF61..FF9D in order; the marks FF9E and FF9F are treated apart.
const wideKatakana =
  '。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン';

function widenKatakana(text: string): string {
  return text.replace(
    /([\uff61-\uff9d])([\uff9e\uff9f\u3099\u309a])?|[\uff9e\uff9f]/g,
    (all, letter?: string, mark?: string) => {
      if (letter === undefined) return standaloneMark(all);
      const wide = wideKatakana[letter.charCodeAt(0) - 0xff61]!;
      if (mark === undefined) return wide;
      return compose(wide, mark === '\uff9e' || mark === '\u3099' ? '\u3099' : '\u309a') ?? wide + standaloneMark(mark);
    },
  );
}

function standaloneMark(mark: string): string {
  return mark === '\uff9e' || mark === '\u3099' ? '\u309b' : '\u309c';
}

function composeVoiced(text: string): string {
  return text.replace(
    /([\u3041-\u30ff])([\u3099\u309a])/g,
    (all, letter: string, mark: string) => compose(letter, mark) ?? all,
  );
}

function compose(letter: string, mark: string): string | undefined {
  const joined = (letter + mark).normalize('NFC');
  return joined.length === 1 ? joined : undefined;
}

const japaneseOrClosing = '[\\u3041-\\u3096\\u30a1-\\u30fa\\p{Script=Han}\\p{Pe}]';

/** Texts written with ，． as their comma and full stop get 、。; one mark after a full-width letter or digit may be a decimal, so it stays. */
function unifyPunctuation(text: string): string {
  let result = text;
  if (count(result, comma) > count(result, toten))
    result = result.replace(/(?<![\uff10-\uff19\uff21-\uff3a\uff41-\uff5a])，/g, '、');
  if (count(result, period) > count(result, kuten))
    result = result.replace(/(?<![\uff10-\uff19\uff21-\uff3a\uff41-\uff5a])．/g, '。');
  return result;
}

const comma = new RegExp(`(?<=${japaneseOrClosing})，`, 'gu');
const toten = new RegExp(`(?<=${japaneseOrClosing})、`, 'gu');
const period = new RegExp(`(?<=${japaneseOrClosing})．`, 'gu');
const kuten = new RegExp(`(?<=${japaneseOrClosing})。`, 'gu');

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function narrowAlphanumerics(text: string): string {
  return text
    .replace(/(?<=[0-9\uff10-\uff19])[．，：／－](?=[0-9\uff10-\uff19])/g, narrow)
    .replace(/[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/g, narrow)
    .replace(/(?<![\p{L}\p{N}\p{Pe}])－(?=[0-9])/gu, '-');
}

/** Full-width forms FF01..FF5E lie 0xFEE0 above their ASCII twins. */
function narrow(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) - 0xfee0);
}

function tidySpaces(text: string): string {
  return text
    .replace(/[\u3000\u00a0\u2000-\u200a\u202f\u205f]/g, ' ')
    .replace(/(?<![ \t])[ \t]+(?=\n|$)/g, '')
    .replace(/\n{3,}/g, '\n\n');
}
