// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import type { ListName } from './effects.ts';
import { type FrozenName, frozenList, type HubState, listOfStage, messageOf, type OrderedStage } from './hub-state.ts';
import { signList } from './lists.ts';
import { readShareMessage } from './messages.ts';

/** The signed text of a list for one member; undefined while it is not frozen, or for a stranger. */
export function publishedList(state: HubState, list: ListName, organisation: OrganisationId): string | undefined {
  if (!state.attempt.roster.some((member) => member.organisation === organisation)) return undefined;
  if (list !== 'shares') return state.texts[list];
  return state.frozen.shares === undefined ? undefined : sharesFor(state, organisation);
}

/** The list of a stage that is the same for everybody. Member texts go in as received: nobody can be spoken for. */
export function commonList(state: HubState, stage: Exclude<OrderedStage, 'opening' | 'share'>): string {
  const list: FrozenName = listOfStage[stage];
  const members = frozenList(state, list).members.map((organisation) => ({
    organisation,
    message: messageOf(state, stage, organisation).listed,
  }));
  return signList(state.attempt, { list, members }, state.signKey);
}

function sharesFor(state: HubState, to: OrganisationId): string {
  const members = frozenList(state, 'shares').members.map((organisation) => {
    const { listed, text } = messageOf(state, 'share', organisation);
    const part = readShareMessage(text).parts.find((entry) => entry.to === to)?.part;
    return { organisation, message: listed, ...(part === undefined ? {} : { part }) };
  });
  return signList(state.attempt, { list: 'shares', to, members }, state.signKey);
}
