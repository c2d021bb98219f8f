// SPDX-License-Identifier: Apache-2.0

/**
 * Hugging Face rotates halves (i, i + D/2), GGUF's `llama` architecture neighbours (2i, 2i+1). Inside each head of D rows destination row
 * 2i+j is source row j*D/2 + i. Used by the GGUF writer alone; everything else in the project keeps halves.
 * @param rows q or k of whole heads, [headCount * headSize, width] row-major; `headCount` is q's or k's own.
 * @returns a new array. @throws RangeError unless the rows are whole heads of an even size.
 */
export function halvesToNeighbours(rows: Float32Array, headCount: number, headSize: number): Float32Array {
  const half = headSize / 2;
  return moveRows(rows, headCount, headSize, (row) => (row < half ? 2 * row : 2 * (row - half) + 1));
}

/** The inverse of {@link halvesToNeighbours}. */
export function neighboursToHalves(rows: Float32Array, headCount: number, headSize: number): Float32Array {
  const half = headSize / 2;
  return moveRows(rows, headCount, headSize, (row) => (row % 2) * half + Math.floor(row / 2));
}

function moveRows(
  rows: Float32Array,
  headCount: number,
  headSize: number,
  destinationOf: (row: number) => number,
): Float32Array {
  const width = rows.length / (headCount * headSize);
  if (headSize % 2 !== 0 || !Number.isInteger(width))
    throw new RangeError(`${rows.length} values are not ${headCount} heads of ${headSize} rows`);
  const moved = new Float32Array(rows.length);
  for (let first = 0; first < headCount * headSize; first += headSize) {
    for (let row = 0; row < headSize; row += 1) {
      const source = (first + row) * width;
      moved.set(rows.subarray(source, source + width), (first + destinationOf(row)) * width);
    }
  }
  return moved;
}
