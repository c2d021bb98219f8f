// SPDX-License-Identifier: Apache-2.0

const digits = '〇一二三四五六七八九';

/** 元 → 1, 零 and 〇 → 0, 三十一 → 31, 二〇 → 20, 百二十 → 120, "12" → 12; undefined for anything else. */
export function japaneseNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (text === '元') return 1;
  const plain = text.replaceAll('零', '〇');
  if (/^[〇一二三四五六七八九]+$/.test(plain)) return Number(Array.from(plain, (one) => digits.indexOf(one)).join(''));
  const match = /^(?:([一二三四五六七八九])?(百))?(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?$/.exec(plain);
  if (match === null || plain === '') return undefined;
  const part = (digit: string | undefined, unit: string | undefined, value: number) =>
    unit === undefined ? 0 : (digit === undefined ? 1 : digits.indexOf(digit)) * value;
  return (
    part(match[1], match[2], 100) +
    part(match[3], match[4], 10) +
    (match[5] === undefined ? 0 : digits.indexOf(match[5]))
  );
}
