// SPDX-License-Identifier: Apache-2.0

/**
 * Distance of a text of bytes from uniform: (chi-square - 255) / sqrt(2 * 255) over its byte counts (Pearson, 1900). About normal with mean 0 and
 * deviation 1 for uniform bytes; thousands for a plain update.
 */
export function byteNonUniformity(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]! += 1;
  const expected = bytes.length / 256;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquare - 255) / Math.sqrt(2 * 255);
}
