// SPDX-License-Identifier: Apache-2.0

/** Standard error of a mean whose items come in clusters: (1/n) sqrt(sum over clusters of (sum of deviations)^2) (arXiv 2411.00640). */
export function clusteredStandardError(values: readonly number[], clusters: readonly string[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sums = new Map<string, number>();
  values.forEach((value, index) => {
    const cluster = clusters[index]!;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - mean);
  });
  return Math.sqrt([...sums.values()].reduce((total, sum) => total + sum * sum, 0)) / values.length;
}
