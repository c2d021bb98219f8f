// SPDX-License-Identifier: Apache-2.0
export type { Attempt, RosterMember } from './attempt.ts';
export * from './effects.ts';
export * from './events.ts';
export { type HubDependencies, type HubStep, replayHub, startHub, stepHub } from './hub.ts';
export { type OpenedScalar, openingStreams, openScalars } from './hub-opening.ts';
export { currentStage, type HubState, missingMembers, publishedList } from './hub-state.ts';
export { applyMaskStreams, type MaskStream } from './mask-streams.ts';
export { type MemberStart, type MemberStep, replayMember, startMember, stepMember } from './member.ts';
export { maskingStreams, maskScalars } from './member-masks.ts';
export {
  awaitedList,
  type MemberDependencies,
  type MemberIdentity,
  type MemberPhase,
  type MemberState,
  memberSurvivors,
} from './member-state.ts';
export * from './plan.ts';
export { checkPlan, leastQuorum, leastThreshold, type PlanLimits, sameUpdateFits } from './plan-check.ts';
export { type PlanReading, planDigest, readPlan, signPlan } from './plan-text.ts';
export { type RefusalCode, refusalToError } from './problems.ts';
export type { Refusal } from './refusal.ts';
export { type ShardPlace, shardLayout } from './shard-layout.ts';
export type { Slot, SlotWitness } from './slot-witness.ts';
export { type Levels, maskWords, signedWords, wordsOf } from './word-masking.ts';
