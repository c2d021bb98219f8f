// SPDX-License-Identifier: Apache-2.0
export { type AppliedFindings, type ApplyOptions, applyFindings, type PiiCounts } from './apply-findings.ts';
export { type PiiAction, type PiiClass, piiClasses } from './classes.ts';
export { detect } from './detect.ts';
export { type EvaluationReport, type EvaluationRow, evaluate, evaluationLimits } from './evaluate.ts';
export type { Evidence, Finding } from './finding.ts';
export { defaultPolicy, type Policy, parsePolicy, readPolicyFile } from './policy.ts';
export { hitScore, suspectScore } from './scoring.ts';
export type { SurrogateSource } from './surrogates.ts';
