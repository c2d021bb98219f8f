// SPDX-License-Identifier: Apache-2.0
import type { ReadingLimits } from '../reading-limits.ts';
import { Refusal } from '../refusal.ts';
import type { OfficePackage } from './office-package.ts';

/** The table of strings that cells point into, without the readings above kanji (`rPh`). @throws Refusal `too-large-to-hold` */
export async function workbookStrings(
  workbook: OfficePackage,
  part: string | undefined,
  limits: ReadingLimits,
): Promise<readonly string[]> {
  const strings: string[] = [];
  if (part === undefined) return strings;
  let current = '';
  let inText = false;
  let inReading = false;
  let characters = 0;
  await workbook.readPart(part, {
    onOpen: (name) => {
      if (name === 'si') current = '';
      else if (name === 'rPh') inReading = true;
      else if (name === 't') inText = !inReading;
    },
    onText: (text) => {
      if (inText) current += text;
    },
    onClose: (name) => {
      if (name === 'rPh') inReading = false;
      else if (name === 't') inText = false;
      else if (name === 'si') {
        // An empty one takes memory too.
        characters += current.length + 16;
        if (characters > limits.maxSharedStringCharacters) throw new Refusal('too-large-to-hold', part);
        strings.push(current);
      }
    },
  });
  return strings;
}
