// SPDX-License-Identifier: Apache-2.0
export * from './answer-scoring.ts';
export * from './quality-table.ts';
export * from './question-set.ts';
export * from './render-quality-table.ts';
export * from './score-questions.ts';
export * from './statistics.ts';
