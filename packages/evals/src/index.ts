// SPDX-License-Identifier: Apache-2.0
export * from './attacks/byte-uniformity.ts';
export * from './attacks/membership-score.ts';
export * from './attacks/rank-moved-tokens.ts';
export * from './quality-table/derive-quality-lines.ts';
export * from './quality-table/judge-quality-table.ts';
export * from './quality-table/quality-table.ts';
export * from './quality-table/render-quality-table.ts';
export * from './questions/extract-answer.ts';
export * from './questions/normalise-answer.ts';
export * from './questions/parse-question-set.ts';
export * from './questions/question-set.ts';
export * from './questions/score-exact-match.ts';
export * from './questions/score-question-set.ts';
export * from './statistics/clustered-mean.ts';
export * from './statistics/holm.ts';
export * from './statistics/mcnemar.ts';
export * from './statistics/student-t.ts';
