// SPDX-License-Identifier: Apache-2.0
import type { OfficePackage } from './office-package.ts';

/** What a number format makes of a number. */
export type CellFormat = 'number' | 'date' | 'time' | 'date-time';

/** The format of each cell style, by its index (`s` of a cell). */
export async function cellFormats(workbook: OfficePackage, part: string | undefined): Promise<readonly CellFormat[]> {
  const codes = new Map<number, string>();
  const formats: CellFormat[] = [];
  let inCellStyles = false;
  if (part === undefined) return formats;
  await workbook.readPart(part, {
    onOpen: (name, attributes) => {
      if (name === 'numFmt') codes.set(Number(attributes.numFmtId), attributes.formatCode ?? '');
      else if (name === 'cellXfs') inCellStyles = true;
      else if (name === 'xf' && inCellStyles) {
        const id = Number(attributes.numFmtId ?? 0);
        const code = codes.get(id);
        formats.push(code === undefined ? builtInFormat(id) : formatOfCode(code));
      }
    },
    onClose: (name) => {
      if (name === 'cellXfs') inCellStyles = false;
    },
  });
  return formats;
}

/** ECMA-376 part 1, 18.8.30, with the numbers that Japanese Excel fills in. */
function builtInFormat(id: number): CellFormat {
  if (id === 22) return 'date-time';
  if ((id >= 18 && id <= 21) || id === 32 || id === 33 || (id >= 45 && id <= 47)) return 'time';
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return 'date';
  return 'number';
}

/** Exported for its test. */
export function formatOfCode(code: string): CellFormat {
  const letters = (code.split(';')[0] ?? '')
    .replace(/"[^"]*"|\\.|_.|\*.|General|G\/標準|E[+-]|AM\/PM|A\/P/gi, '')
    .replace(/\[(?![hms]+\])[^\]]*\]/gi, '')
    .toLowerCase();
  const hasTime = /[hs]/.test(letters);
  const hasDate = /[ydeg]/.test(letters) || (!hasTime && letters.includes('m'));
  if (hasDate && hasTime) return 'date-time';
  if (hasDate) return 'date';
  return hasTime ? 'time' : 'number';
}

const dayMs = 86_400_000;

/**
 * A number of a cell as text: dates as `2026-11-24`, times as `06:00` (`30:15` of a duration), with seconds where there are any, other numbers with the
 * 15 digits that a spreadsheet counts with. Not a number: as it is.
 */
export function numberText(value: string, format: CellFormat, startsIn1904: boolean): string {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) return value;
  if (format === 'number' || number < 0 || number >= 2_958_466) return String(Number(number.toPrecision(15)));
  const seconds = Math.round(number * 86_400);
  if (format === 'time') return clockText(Math.floor(seconds / 3_600), seconds);
  // Serial 60 is 29 February 1900, which there never was.
  const shift = startsIn1904 ? 1_462 : number < 60 ? 1 : 0;
  const days = Math.floor(seconds / 86_400) + shift;
  const date = new Date(Date.UTC(1899, 11, 30) + days * dayMs).toISOString().slice(0, 10);
  return format === 'date' ? date : `${date} ${clockText(Math.floor(seconds / 3_600) % 24, seconds)}`;
}

function clockText(hours: number, seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}`;
  return seconds % 60 === 0 ? clock : `${clock}:${two(seconds % 60)}`;
}
