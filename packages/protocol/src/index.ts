// SPDX-License-Identifier: Apache-2.0
export * from './administration.ts';
export * from './aggregation.ts';
export * from './data-card.ts';
export * from './data-class.ts';
export * from './duplicates.ts';
export * from './hub-client.ts';
export * from './membership.ts';
export * from './problems.ts';
export * from './programme.ts';
export * from './release.ts';
export * from './routes.ts';
