// SPDX-License-Identifier: Apache-2.0

/** What both sides of a comparison become: NFKC, trimmed, wave dashes alike, without a closing full stop or quotation marks. */
export function normaliseAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[〜～]/g, '~')
    .replace(/[−‐‑–]/g, '-')
    .trim()
    .replace(/[。．.]+$/, '')
    .replace(/^[「『"']+|[」』"']+$/g, '')
    .replace(/[。．.]+$/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Exact match after normalisation. An empty answer is never right. */
export function isExactMatch(given: string, expected: string, aliases: readonly string[] = []): boolean {
  const answer = normaliseAnswer(given);
  return answer !== '' && [expected, ...aliases].some((wanted) => normaliseAnswer(wanted) === answer);
}
