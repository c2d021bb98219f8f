// SPDX-License-Identifier: Apache-2.0

/** Holm's step-down adjustment of p-values over several tasks, in the order given (Scand. J. Statist. 6, 1979). */
export function holmAdjust(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = largest;
  }
  return adjusted;
}
