// SPDX-License-Identifier: Apache-2.0
export { type NodeConfig, nodeConfigSchema } from './config.ts';
export { initialiseNode, type RunningNode, startNode } from './node.ts';
