// SPDX-License-Identifier: Apache-2.0

/** Line ends to LF; other controls (not tab), soft hyphen, zero-width space, word joiner and byte order mark removed. Nothing else moves. */
export function normaliseKibanRaw1(text: string): string {
  return text.replace(/\r\n|[\r\u0085\u2028\u2029]/g, '\n').replace(removed, '');
}

// Zero-width joiners (200C, 200D) and variation selectors carry meaning and stay.
const removed = /[[\p{Cc}\u00ad\u200b\u2060\ufeff]--[\t\n]]/gv;
