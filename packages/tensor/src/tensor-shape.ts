// SPDX-License-Identifier: Apache-2.0

/** Product of the dimensions, 1 for a scalar; undefined where a dimension is no count or the product exceeds 2^53 - 1. */
export function valueCount(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return undefined;
    product *= dimension;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}
