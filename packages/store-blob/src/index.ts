// SPDX-License-Identifier: Apache-2.0
export * from './blob-store.ts';
export * from './journal.ts';
