// SPDX-License-Identifier: Apache-2.0
export { type HubConfig, hubConfigSchema } from './config.ts';
export { initialiseHub, type RunningHub, startHub } from './hub.ts';
