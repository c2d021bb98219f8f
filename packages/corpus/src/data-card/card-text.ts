// SPDX-License-Identifier: Apache-2.0
import type { DataCard } from '@kiban/protocol';
import { type CardSection, cardSections } from './card-sections.ts';

/** The card as lines for a terminal. */
export function dataCardLines(card: DataCard, language: 'ja' | 'en'): string[] {
  return sectionLines(cardSections(card), language);
}

/** Labels are padded to the widest one, a full-width character counting as two columns. */
export function sectionLines(sections: readonly CardSection[], language: 'ja' | 'en'): string[] {
  const labels = sections.flatMap(({ rows }) =>
    rows.filter(([, value]) => value !== '').map(([label]) => columnsOf(label[language])),
  );
  const width = Math.max(0, ...labels);
  return sections.flatMap(({ title, rows }) => [
    title[language],
    ...rows.map(([label, value]) => {
      const text = printable(label[language]);
      if (value === '') return `  ${text}`;
      return `  ${text}${' '.repeat(width - columnsOf(text))}  ${printable(value)}`;
    }),
  ]);
}

function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text)
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(character) ? 2 : 1;
  return columns;
}

/** A value may come from elsewhere: no control character of it reaches the terminal. */
function printable(value: string): string {
  return value.replace(/\p{Cc}/gu, '\u{fffd}');
}
