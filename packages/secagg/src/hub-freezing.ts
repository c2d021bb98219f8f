// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { memberOf } from './attempt.ts';
import { sameBytes } from './derivations.ts';
import { commonList } from './hub-lists.ts';
import { expectedMembers, frozenList, type HubState, listOfStage, messageOf, type OrderedStage } from './hub-state.ts';
import { signList } from './lists.ts';
import { transcript } from './transcript.ts';

/** Whether enough have answered; of signatures and openings the machine itself takes the first t. */
export function mayFreeze(state: HubState, stage: OrderedStage): boolean {
  return (
    stage !== 'opening' &&
    state.received[stage].size >= (stage === 'signature' ? state.plan.threshold : state.plan.quorum)
  );
}

/** Fixes the list of a stage with those who answered, once and for all. */
export function freezeStage(state: HubState, stage: OrderedStage): HubState {
  if (stage === 'opening') return state;
  const members = expectedMembers(state, stage).filter((name) => state.received[stage].has(name));
  const name = listOfStage[stage];
  const listed = members.map((from) => ({
    index: memberOf(state.attempt, from).index,
    text: messageOf(state, stage, from).listed,
  }));
  const list = {
    members,
    transcript:
      stage === 'signature'
        ? frozenList(state, 'survivors').transcript
        : transcript(listOfStage[stage], transcriptSoFar(state, stage), listed),
  };
  const next: HubState = { ...state, frozen: { ...state.frozen, [name]: list } };
  if (stage === 'share') return next;
  const torn = stage === 'confirm' ? disagreement(next) : undefined;
  if (torn !== undefined) {
    const aborted = { code: 'pair-disagrees', names: torn, burnt: false };
    const text = signList(state.attempt, { list: 'aborted', ...aborted }, state.signKey);
    return { ...state, aborted, texts: { ...state.texts, aborted: text } };
  }
  return { ...next, texts: { ...next.texts, [name]: commonList(next, stage) } };
}

function transcriptSoFar(state: HubState, stage: 'advertise' | 'share' | 'confirm' | 'manifest'): Uint8Array {
  const before = { share: 'keys', confirm: 'shares', manifest: 'confirms' } as const;
  return stage === 'advertise' ? state.attempt.planHash : frozenList(state, before[stage]).transcript;
}

/** Two members of U3 that committed to different pair secrets: their masks would not cancel. */
function disagreement(state: HubState): readonly OrganisationId[] | undefined {
  const { members } = frozenList(state, 'confirms');
  for (const one of members) {
    for (const pair of messageOf(state, 'confirm', one).body.pairs) {
      if (!members.includes(pair.with)) continue;
      const mirror = messageOf(state, 'confirm', pair.with).body.pairs.find((entry) => entry.with === one);
      if (mirror === undefined || !sameBytes(mirror.commitment, pair.commitment)) return [one, pair.with];
    }
  }
  return undefined;
}
