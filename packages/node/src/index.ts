// SPDX-License-Identifier: Apache-2.0
export {
  AggregationMember,
  type AggregationMemberOptions,
  type Contribution,
  type InstanceOutcome,
  type InstanceTask,
} from './aggregation-member.ts';
export { type NodeConfig, nodeConfigSchema } from './config.ts';
export { type ComparedDuplicates, compareDuplicates, type DuplicateExchangeOptions } from './duplicate-exchange.ts';
export { MaskingPool } from './masking-pool.ts';
export { type JoinedCoalition, Membership, type NodeKeys } from './membership.ts';
export { initialiseNode, type RunningNode, startNode } from './node.ts';
export { type NodeSchema, nodeMigrations } from './schema.ts';
export { type ShardUpload, uploadShards } from './shard-uploading.ts';
