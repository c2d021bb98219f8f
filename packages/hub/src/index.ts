// SPDX-License-Identifier: Apache-2.0
export type { AggregationService } from './aggregation-service.ts';
export type { AttemptOutcome, OpenedSum } from './attempt-store.ts';
export { type HubConfig, hubConfigSchema } from './config.ts';
export { initialiseHub, type RunningHub, startHub } from './hub.ts';
export { ShardSpool, type SpooledShard } from './shard-spool.ts';
export type { SummingTask } from './shard-summing.ts';
export { sumShardsInWorker } from './shard-summing-worker.ts';
