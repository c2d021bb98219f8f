// SPDX-License-Identifier: Apache-2.0
export { AggregationCoalition, shardBytes, shardCount } from './aggregation-coalition.ts';
export { brokenSource, type SourceEdit, sourceEditVariable } from './broken-source.ts';
export { type MemberFaults, type OutgoingShard, statusOf } from './faulty-hub-client.ts';
export { fillDisk } from './full-disk.ts';
export type { KillAt } from './kill-at-write.ts';
export { kibanEntry, ServiceProcess } from './service-process.ts';
export { TestCoalition, testProgramme } from './test-coalition.ts';
export type { TestedMember } from './tested-member.ts';
