// SPDX-License-Identifier: Apache-2.0
import { specialIds } from '../tokenizer/special-tokens.ts';

/** Rows of `sequenceLength + 1` ids. The last id of a row is only a target, the first only an input. */
export interface RowPacker {
  /** A document, `<|begin|>` to `<|end|>`: joined with its neighbours and cut to rows that overlap by one id. */
  addDocument(ids: readonly number[]): void;
  /** A record that belongs together: kept whole in one row if it fits, beside others. */
  addWhole(ids: readonly number[]): void;
  /** Pads what is open. */
  finish(): void;
}

/** How many half-full rows wait for records that fit. */
const openRowLimit = 32;

/** @param emit takes each finished row, exactly `sequenceLength + 1` ids. */
export function createRowPacker(sequenceLength: number, emit: (row: readonly number[]) => void): RowPacker {
  const rowLength = sequenceLength + 1;
  let stream: number[] = [];
  const open: number[][] = [];
  const close = (row: number[]) =>
    emit([...row, ...new Array<number>(rowLength - row.length).fill(specialIds.padding)]);

  function addDocument(ids: readonly number[]): void {
    // Not spread: a document may have more ids than a call takes arguments.
    for (const id of ids) stream.push(id);
    let start = 0;
    for (; start + rowLength <= stream.length; start += sequenceLength) emit(stream.slice(start, start + rowLength));
    stream = stream.slice(start);
  }

  return {
    addDocument,
    addWhole(ids) {
      if (ids.length > rowLength) {
        addDocument(ids);
        return;
      }
      // Best fit: the row that has least room left after taking the record.
      let best: number[] | undefined;
      for (const row of open)
        if (row.length + ids.length <= rowLength && (best === undefined || row.length > best.length)) best = row;
      if (best !== undefined) {
        best.push(...ids);
        return;
      }
      if (open.length >= openRowLimit) {
        open.sort((a, b) => b.length - a.length);
        close(open.shift()!);
      }
      open.push([...ids]);
    },
    finish() {
      // A single id left over was the last row's last target already.
      if (stream.length > 1) close(stream);
      stream = [];
      for (const row of open.splice(0)) close(row);
    },
  };
}
