// SPDX-License-Identifier: Apache-2.0
export * from './canonical-json.ts';
export * from './clock-and-random.ts';
export * from './config-file.ts';
export * from './directory-lock.ts';
export * from './durable-file.ts';
export * from './ids.ts';
export * from './kiban-error.ts';
export * from './logger.ts';
export * from './sealed.ts';
export * from './seeded-random.ts';
