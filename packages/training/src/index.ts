// SPDX-License-Identifier: Apache-2.0
export * from './batch-order.ts';
export * from './gate.ts';
export * from './initial-weights.ts';
export * from './layout.ts';
export * from './model-config.ts';
export * from './outer-optimiser.ts';
export * from './presets.ts';
export * from './run-plan.ts';
export * from './schedule.ts';
export * from './token-shard.ts';
export * from './trainer-port.ts';
export * from './trainer-request-schemas.ts';
export * from './update-scales.ts';
