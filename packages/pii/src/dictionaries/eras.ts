// SPDX-License-Identifier: Apache-2.0
// Facts compiled by hand: the eras of modern Japan and the day each began.

interface Era {
  readonly names: readonly string[];
  /** The common year before its first. */
  readonly offset: number;
  readonly firstDay: string;
}

const eras: readonly Era[] = [
  { names: ['令和', '令', 'R', 'r'], offset: 2018, firstDay: '2019-05-01' },
  { names: ['平成', '平', 'H', 'h'], offset: 1988, firstDay: '1989-01-08' },
  { names: ['昭和', '昭', 'S', 's'], offset: 1925, firstDay: '1926-12-25' },
  { names: ['大正', '大', 'T', 't'], offset: 1911, firstDay: '1912-07-30' },
  { names: ['明治', '明', 'M', 'm'], offset: 1867, firstDay: '1868-01-25' },
];

/**
 * The ISO date of a day in an era, or undefined when there is no such day. A day before the era's first is accepted in the era's first year
 * only as far as the calendar goes: 平成元年1月1日 was still 昭和64年, so it is undefined.
 */
export function eraDate(era: string, year: number, month: number, day: number): string | undefined {
  const found = eras.find(({ names }) => names.includes(era));
  if (found === undefined || year < 1) return undefined;
  const date = calendarDate(found.offset + year, month, day);
  if (date === undefined || date < found.firstDay) return undefined;
  const next = eras[eras.indexOf(found) - 1];
  // Papers printed before a change of era go on with the old name for a while.
  return next !== undefined && year > next.offset - found.offset + 2 ? undefined : date;
}

/** The ISO date of a day of the Gregorian calendar, or undefined when there is no such day. */
export function calendarDate(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year < 1868 || date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1) return undefined;
  return date.toISOString().slice(0, 10);
}
