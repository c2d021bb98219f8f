// SPDX-License-Identifier: Apache-2.0

/**
 * Hugging Face rotates halves (i, i + D/2), GGUF's `llama` architecture neighbours (2i, 2i+1). Inside each head destination row 2i+j is source
 * row j*D/2 + i. Used by the GGUF writer alone; everything else in the project keeps halves.
 * @param rows the matrix [headCount * headSize, width], row-major.
 */
export function halvesToNeighbours(rows: Float32Array, headCount: number, headSize: number): Float32Array {
  return permute(rows, headCount, headSize, (i, j) => [2 * i + j, (j * headSize) / 2 + i]);
}

/** The inverse of {@link halvesToNeighbours}. */
export function neighboursToHalves(rows: Float32Array, headCount: number, headSize: number): Float32Array {
  return permute(rows, headCount, headSize, (i, j) => [(j * headSize) / 2 + i, 2 * i + j]);
}

function permute(
  rows: Float32Array,
  headCount: number,
  headSize: number,
  pair: (i: number, j: number) => [to: number, from: number],
): Float32Array {
  const width = rows.length / (headCount * headSize);
  const out = new Float32Array(rows.length);
  for (let head = 0; head < headCount; head += 1) {
    for (let i = 0; i < headSize / 2; i += 1) {
      for (let j = 0; j < 2; j += 1) {
        const [to, from] = pair(i, j);
        const source = (head * headSize + from) * width;
        out.set(rows.subarray(source, source + width), (head * headSize + to) * width);
      }
    }
  }
  return out;
}
