// SPDX-License-Identifier: Apache-2.0
import { studentT975 } from './student-t.ts';

export interface ClusteredMean {
  readonly mean: number;
  readonly standardError: number;
  /** 95 %: mean ± q·SE, q from Student's t with clusters − 1 degrees of freedom below 30 clusters, else 1.96. */
  readonly confidenceInterval: readonly [low: number, high: number];
  readonly items: number;
  readonly clusters: number;
}

/**
 * Mean of items of which those of one cluster are not independent (several wordings of one fact), with the cluster-robust error
 * SE = (1/n)·sqrt(Σ_c (Σ_{i∈c} (x_i − x̄))²), arXiv 2411.00640 section 2.2. With one cluster the error is unknown: NaN.
 * For the difference of two models give the paired differences per item.
 */
export function clusteredMean(items: readonly { readonly value: number; readonly cluster: string }[]): ClusteredMean {
  if (items.length === 0) throw new RangeError('a mean needs at least one item');
  const mean = items.reduce((sum, item) => sum + item.value, 0) / items.length;
  const deviations = new Map<string, number>();
  for (const item of items) {
    deviations.set(item.cluster, (deviations.get(item.cluster) ?? 0) + item.value - mean);
  }
  const clusters = deviations.size;
  let squares = 0;
  for (const deviation of deviations.values()) squares += deviation * deviation;
  const standardError = clusters < 2 ? Number.NaN : Math.sqrt(squares) / items.length;
  const quantile = clusters < 2 ? Number.NaN : clusters < 30 ? studentT975(clusters - 1) : 1.959963984540054;
  const half = quantile * standardError;
  return { mean, standardError, confidenceInterval: [mean - half, mean + half], items: items.length, clusters };
}
