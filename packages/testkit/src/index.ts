// SPDX-License-Identifier: Apache-2.0
export { startCommand } from './command-process.ts';
export type { KillAt } from './kill-at-write.ts';
export { kibanEntry, ServiceProcess } from './service-process.ts';
export { TestCoalition, testProgramme } from './test-coalition.ts';
