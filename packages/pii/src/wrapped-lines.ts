// SPDX-License-Identifier: Apache-2.0
import type { LineFacts } from './line-facts.ts';
import { Region, type TablePlace } from './region.ts';
import { isMunicipalitySuffix } from './rules/addresses.ts';

/** How much of each of the two lines is looked at. */
const longestPart = 160;
const contextUnits = 20;
const addressReach = 24;

/**
 * Two lines as one, where a number or an address may run across their break: a digit or hyphen before it and a digit behind it, or the name of
 * a municipality shortly before it. Spaces, tabs and cell bars at the break are left out.
 */
export function joinWrappedLines(
  text: string,
  first: LineFacts,
  second: LineFacts,
  table: TablePlace | undefined,
): Region | undefined {
  if (first.to === first.from || second.to === second.from) return undefined;
  let end = first.to;
  while (end > first.from && isFiller(text.charCodeAt(end - 1))) end -= 1;
  let start = second.from;
  while (start < second.to && isFiller(text.charCodeAt(start))) start += 1;
  if (end === first.from || start === second.to) return undefined;
  if (!wrapsNumber(text, end, start) && !(first.hasPlace && endsInPlace(text, first.from, end))) return undefined;
  const from = Math.max(first.from, end - longestPart);
  const lead = Math.min(from, contextUnits);
  const head = text.slice(from - lead, end);
  const shift = (position: number) =>
    position < head.length ? from - lead + position : start + position - head.length;
  const tail = text.slice(start, Math.min(second.to, start + longestPart));
  return new Region(head + tail, lead, head.length + tail.length, table, { at: head.length, shift });
}

function isFiller(unit: number): boolean {
  return unit === 32 || unit === 9 || unit === 0x7c;
}

function wrapsNumber(text: string, end: number, start: number): boolean {
  const digit = (at: number) => text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57;
  const before = digit(end - 1) || (/[-()]/.test(text[end - 1]!) && digit(end - 2));
  return before && (digit(start) || (/[-()]/.test(text[start]!) && digit(start + 1) && digit(end - 1)));
}

function endsInPlace(text: string, from: number, end: number): boolean {
  for (let at = end - 1; at >= Math.max(from, end - addressReach); at -= 1)
    if (isMunicipalitySuffix(text.charCodeAt(at))) return true;
  return false;
}
