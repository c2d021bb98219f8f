// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal.ts';
import type { OfficePackage } from './office-package.ts';

export interface CellPlace {
  /** Counted from 0. */
  readonly row: number;
  readonly column: number;
}

/** A block of cells shown as one; both corners are in it. */
export interface MergedCells {
  readonly from: CellPlace;
  readonly to: CellPlace;
}

const maxMerges = 10_000;
const tag = /<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"/g;

/**
 * The merged cells of a sheet, by their first row. They stand after the rows they are about, so they are looked for before; by a plain search, since
 * `<` stands for nothing else in XML. Blocks of the whole height or beyond the first 10,000 are left out: their first cell is read all the same.
 */
export async function mergedCells(workbook: OfficePackage, sheet: string): Promise<readonly MergedCells[]> {
  const merges: MergedCells[] = [];
  let carry = '';
  try {
    for await (const text of workbook.partText(sheet, 'sample')) {
      const searched = carry + text;
      let end = 0;
      for (const match of searched.matchAll(tag)) {
        end = match.index + match[0].length;
        const [from, to] = [cellPlace(match[1]!), cellPlace(match[2]!)];
        if (from && to && to.row - from.row < 10_000 && merges.length < maxMerges) merges.push({ from, to });
      }
      carry = searched.slice(Math.max(end, searched.length - 256));
    }
  } catch (error) {
    // What is wrong with the part is told when its rows are read.
    if (!(error instanceof Refusal)) throw error;
  }
  return merges.sort((one, other) => one.from.row - other.from.row);
}

/** `B12` to row 11, column 1; undefined when it is no such name. */
export function cellPlace(name: string): CellPlace | undefined {
  const match = /^([A-Z]{1,3})(\d{1,7})$/.exec(name);
  if (match === null) return undefined;
  let column = 0;
  for (const letter of match[1]!) column = column * 26 + letter.charCodeAt(0) - 64;
  return { row: Number(match[2]) - 1, column: column - 1 };
}
