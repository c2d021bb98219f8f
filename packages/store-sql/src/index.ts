// SPDX-License-Identifier: Apache-2.0

export * from './event-log.ts';
export * from './open-database.ts';
