// SPDX-License-Identifier: Apache-2.0
export * from './effects.ts';
export * from './events.ts';
export { type HubStart, replayHub, startHub, stepHub } from './hub.ts';
export { publishedList } from './hub-lists.ts';
export { type AttemptEnd, currentStage, type HubState, type HubStep, missingMembers } from './hub-state.ts';
export { type OpenedScalar, openingStreams, openScalars } from './hub-sums.ts';
export { applyMaskStreams, type MaskStream } from './mask-streams.ts';
export { type MemberStart, type MemberStep, replayMember, startMember, stepMember } from './member.ts';
export { maskingStreams } from './member-masks.ts';
export {
  awaitedList,
  type MemberDependencies,
  type MemberIdentity,
  type MemberPhase,
  type MemberState,
  memberSurvivors,
} from './member-state.ts';
export * from './plan.ts';
export {
  checkPlan,
  fewestMembers,
  leastQuorum,
  leastThreshold,
  mostMembers,
  type PlanLimits,
  sameUpdateFits,
} from './plan-check.ts';
export { type PlanReading, planDigest, readPlan, signPlan } from './plan-text.ts';
export { type RefusalCode, refusalToError } from './problems.ts';
export { type Refusal, refusalOf } from './refusal.ts';
export { type Rehearsal, type RehearsingMember, rehearseAttempt } from './rehearsal.ts';
export * from './shard-layout.ts';
export * from './slot-witness.ts';
export { type LevelReader, type Levels, maskWords, signedWords, wordsOf } from './word-masking.ts';
