// SPDX-License-Identifier: Apache-2.0

/** The one table of ranks: an import may only go to a lower rank. */
export const ranks: Readonly<Record<string, number>> = {
  core: 0,
  crypto: 1,
  tensor: 1,
  japanese: 1,
  protocol: 2,
  secagg: 2,
  trust: 2,
  pii: 2,
  corpus: 3,
  training: 3,
  gateway: 3,
  evals: 3,
  'engine-onnx': 4,
  'engine-torch': 4,
  'engine-llama': 4,
  'store-sql': 4,
  'store-blob': 4,
  hub: 5,
  node: 5,
  console: 5,
  samples: 5,
  cli: 6,
  testkit: 6,
};
