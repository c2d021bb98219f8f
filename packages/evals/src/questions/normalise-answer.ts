// SPDX-License-Identifier: Apache-2.0

const lookalikes: Readonly<Record<string, string>> = {
  '\u301c': '\uff5e',
  '\u2016': '\u2225',
  '\u2212': '\uff0d',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2015': '-',
};
const opening = '「『（(【〔"\'“‘`';
const closing = '」』）)】〕"\'”’`';

/**
 * The form in which two answers are compared: wave dashes and hyphens unified, NFKC, white space reduced to single spaces,
 * thousands separators and a closing 。 or . removed, and quotes or brackets that enclose the whole removed.
 * Letters keep their case. Idempotent.
 */
export function normaliseAnswer(text: string): string {
  let current = text
    .replace(/[\u301c\u2016\u2212\u2010-\u2015]/g, (found) => lookalikes[found] ?? found)
    .normalize('NFKC')
    // Dashes that NFKC makes of vertical and small forms.
    .replace(/[\u2010-\u2015]/g, '-');
  current = current.replace(/\s+/g, ' ').trim();
  // Twice over 1,234,567: each match consumes the digit that the next one needs.
  current = current.replace(/(?<=\d),(?=\d{3}(?!\d))/g, '').replace(/(?<=\d),(?=\d{3}(?!\d))/g, '');
  for (;;) {
    const stripped = stripQuotes(current.replace(/[。.．｡]+$/u, '').trim()).trim();
    if (stripped === current) return current;
    current = stripped;
  }
}

function stripQuotes(text: string): string {
  const kind = opening.indexOf(text.charAt(0));
  if (text.length < 2 || kind < 0 || text.at(-1) !== closing.charAt(kind)) return text;
  const inside = text.slice(1, -1);
  // (a)(b) is not enclosed as a whole.
  return inside.includes(opening.charAt(kind)) || inside.includes(closing.charAt(kind)) ? text : inside;
}
