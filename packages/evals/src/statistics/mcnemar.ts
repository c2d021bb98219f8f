// SPDX-License-Identifier: Apache-2.0

/**
 * Two-sided exact McNemar test of two models on the same items: p = min(1, 2·Σ_{k ≤ min(b,c)} C(b+c, k) / 2^(b+c)).
 * @param onlyFirst items that only the first model has right
 * @param onlySecond items that only the second model has right
 */
export function mcNemarExact(onlyFirst: number, onlySecond: number): number {
  for (const count of [onlyFirst, onlySecond]) {
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError('counts are whole and not negative');
  }
  const total = onlyFirst + onlySecond;
  // In logarithms: 2^-total is no longer a float64 beyond 1,074 discordant items.
  let logTerm = -total * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k += 1) {
    if (k > 0) logTerm += Math.log(total - k + 1) - Math.log(k);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, 2 * sum);
}
