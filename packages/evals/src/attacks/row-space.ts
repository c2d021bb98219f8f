// SPDX-License-Identifier: Apache-2.0

/** Vectors of length 1, at right angles to each other. */
export type OrthonormalBasis = readonly Float64Array[];

export interface GradientMatrix {
  /** [rows, columns], row by row. */
  readonly values: ArrayLike<number>;
}

/**
 * The space that the rows of matrices of one width lie in, from the eigenvectors of the sum of their Gram matrices (cyclic Jacobi rotations; Golub
 * and Van Loan, "Matrix computations", 8.5). Each matrix is scaled to norm 1 first, so that a small one counts too.
 * @param limits.rank at most so many directions, the largest first; the number of rows that made the matrices, if it is known
 * @param limits.tolerance directions below this part of the largest singular value are rounding errors; 1e-6 for float32
 */
export function rowSpace(
  matrices: readonly GradientMatrix[],
  columnCount: number,
  limits: { readonly rank?: number; readonly tolerance?: number } = {},
): OrthonormalBasis {
  const { rank = columnCount, tolerance = 1e-6 } = limits;
  const gram = Array.from({ length: columnCount }, () => new Float64Array(columnCount));
  for (const { values } of matrices) addGram(gram, values, columnCount);
  const vectors = diagonalise(gram);
  const order = vectors.map((_, index) => index).sort((a, b) => gram[b]![b]! - gram[a]![a]!);
  const least = gram[order[0]!]![order[0]!]! * tolerance ** 2;
  return order
    .filter((index) => gram[index]![index]! > least)
    .slice(0, rank)
    .map((index) => vectors[index]!);
}

/** Part of a vector that lies outside the space: 0 is inside, 1 at right angles. */
export function distanceFromSpan(vector: ArrayLike<number>, basis: OrthonormalBasis): number {
  let [outside, whole] = [0, 0];
  for (let index = 0; index < vector.length; index += 1) whole += vector[index]! ** 2;
  outside = whole;
  for (const direction of basis) {
    let dot = 0;
    for (let index = 0; index < direction.length; index += 1) dot += direction[index]! * vector[index]!;
    outside -= dot * dot;
  }
  return whole === 0 ? 1 : Math.sqrt(Math.max(0, outside) / whole);
}

function addGram(gram: readonly Float64Array[], values: ArrayLike<number>, columnCount: number): void {
  let squares = 0;
  for (let index = 0; index < values.length; index += 1) squares += values[index]! ** 2;
  if (squares === 0) return;
  for (let start = 0; start < values.length; start += columnCount)
    for (let row = 0; row < columnCount; row += 1) {
      const left = values[start + row]! / squares;
      for (let column = 0; column < columnCount; column += 1) gram[row]![column]! += left * values[start + column]!;
    }
}

/** Turns the symmetric matrix diagonal in place. @returns its eigenvectors, in the order of the diagonal */
function diagonalise(matrix: readonly Float64Array[]): Float64Array[] {
  const size = matrix.length;
  const vectors = Array.from({ length: size }, (_, index) => new Float64Array(size).fill(1, index, index + 1));
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let rotated = false;
    for (let p = 0; p < size - 1; p += 1)
      for (let q = p + 1; q < size; q += 1) {
        const off = matrix[p]![q]!;
        if (Math.abs(off) <= 1e-17 * Math.sqrt(Math.abs(matrix[p]![p]! * matrix[q]![q]!)) || off === 0) continue;
        rotated = true;
        const theta = (matrix[q]![q]! - matrix[p]![p]!) / (2 * off);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        rotate(matrix, vectors, [p, q], [cosine, tangent * cosine]);
      }
    if (!rotated) break;
  }
  return vectors;
}

function rotate(
  matrix: readonly Float64Array[],
  vectors: readonly Float64Array[],
  [p, q]: readonly [number, number],
  [cosine, sine]: readonly [number, number],
): void {
  const turn = (a: Float64Array, b: Float64Array): void => {
    for (let index = 0; index < a.length; index += 1) {
      const [x, y] = [a[index]!, b[index]!];
      a[index] = cosine * x - sine * y;
      b[index] = sine * x + cosine * y;
    }
  };
  turn(matrix[p]!, matrix[q]!);
  for (const row of matrix) {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = cosine * x - sine * y;
    row[q] = sine * x + cosine * y;
  }
  turn(vectors[p]!, vectors[q]!);
}
