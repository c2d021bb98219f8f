// SPDX-License-Identifier: Apache-2.0

const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045,
] as const;

/** 97.5 % quantile of Student's t, table to three decimals for 1 to 29 degrees of freedom. */
export function studentT975(degreesOfFreedom: number): number {
  const quantile = quantiles[degreesOfFreedom - 1];
  if (quantile === undefined) throw new RangeError('1 to 29 degrees of freedom');
  return quantile;
}
