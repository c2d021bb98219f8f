// SPDX-License-Identifier: Apache-2.0
import { specialIds } from '../tokenizer/special-tokens.ts';

/** Where a document begins in a row. */
export interface DocumentStart {
  /** As it was handed over. */
  readonly document: number;
  readonly column: number;
}

/** Rows of `sequenceLength + 1` ids. The last id of a row is only a target, the first only an input. */
export interface RowPacker {
  /** A document, `<|begin|>` to `<|end|>`: joined with its neighbours and cut to rows that overlap by one id. */
  addDocument(ids: readonly number[], document: number): void;
  /** A record that belongs together: kept whole in one row if it fits, beside others. */
  addWhole(ids: readonly number[], document: number): void;
  /** Pads what is open. */
  finish(): void;
}

/** How many half-full rows wait for records that fit. */
const openRowLimit = 32;

interface OpenRow {
  readonly ids: Uint32Array;
  length: number;
  starts: DocumentStart[];
}

/** @param emit takes each finished row, exactly `sequenceLength + 1` ids, valid until it returns, and the documents that begin in it. */
export function createRowPacker(
  sequenceLength: number,
  emit: (row: Uint32Array, starts: readonly DocumentStart[]) => void,
): RowPacker {
  const rowLength = sequenceLength + 1;
  const newRow = (): OpenRow => ({ ids: new Uint32Array(rowLength), length: 0, starts: [] });
  const stream = newRow();
  const open: OpenRow[] = [];
  const close = (row: OpenRow) => emit(row.ids.fill(specialIds.padding, row.length), row.starts);

  function addDocument(ids: readonly number[], document: number): void {
    // A row that is full but for the id that the next one repeats belongs to what went before.
    stream.starts.push({ document, column: stream.length });
    for (const id of ids) {
      stream.ids[stream.length] = id;
      stream.length += 1;
      if (stream.length < rowLength) continue;
      emit(stream.ids, stream.starts);
      stream.ids[0] = id;
      stream.length = 1;
      stream.starts = [];
    }
  }

  return {
    addDocument,
    addWhole(ids, document) {
      if (ids.length > rowLength) {
        addDocument(ids, document);
        return;
      }
      // Best fit: the row that has least room left after taking the record.
      let best: OpenRow | undefined;
      for (const row of open)
        if (row.length + ids.length <= rowLength && (best === undefined || row.length > best.length)) best = row;
      if (best === undefined) {
        if (open.length >= openRowLimit) {
          open.sort((a, b) => b.length - a.length);
          close(open.shift()!);
        }
        best = newRow();
        open.push(best);
      }
      best.starts.push({ document, column: best.length });
      best.ids.set(ids, best.length);
      best.length += ids.length;
    },
    finish() {
      // A single id left over was the last row's last target already.
      if (stream.length > 1) close(stream);
      stream.length = 0;
      stream.starts = [];
      for (const row of open.splice(0)) close(row);
    },
  };
}
