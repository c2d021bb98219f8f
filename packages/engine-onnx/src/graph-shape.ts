// SPDX-License-Identifier: Apache-2.0
import type { ModelConfig } from '@kiban/training';

/** What a graph is built for; another shape is another graph. N = B * S rows. */
export interface GraphShape {
  readonly model: ModelConfig;
  /** B */
  readonly batchSize: number;
  /** S */
  readonly sequenceLength: number;
}
