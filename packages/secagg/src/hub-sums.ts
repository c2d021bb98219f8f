// SPDX-License-Identifier: Apache-2.0
import { type OrganisationId, Sealed } from '@kiban/core';
import { frozenList, type HubState, messageOf } from './hub-state.ts';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';

export interface OpenedScalar {
  /** Sum of the members' fixed-point integers. */
  readonly sum: number;
  /** In the scalar's own unit: `sum` divided by the plan's scale. */
  readonly value: number;
}

/** After `ready-to-open`: whose shards to add, and the streams to apply to their sum. @throws Error before */
export function openingStreams(state: HubState): {
  readonly survivors: readonly OrganisationId[];
  readonly words: Sealed<readonly MaskStream[]>;
} {
  return { survivors: frozenList(state, 'survivors').members, words: new Sealed(opened(state).words) };
}

/** After `ready-to-open`: the survivors' sums of scalars, by name. @throws Error before */
export function openScalars(state: HubState): Readonly<Record<string, OpenedScalar>> {
  const { scalars } = state.plan;
  const total = new Uint32Array(scalars.length);
  for (const survivor of frozenList(state, 'survivors').members) {
    const bytes = Buffer.from(messageOf(state, 'manifest', survivor).body.scalars);
    for (let index = 0; index < total.length; index += 1) total[index]! += bytes.readUInt32LE(4 * index);
  }
  applyMaskStreams({ bits: 32, streams: opened(state).scalars, words: total, wordOffset: 0 });
  return Object.fromEntries(
    scalars.map(({ name, scale }, index) => {
      const sum = total[index]! | 0;
      return [name, { sum, value: sum / scale }];
    }),
  );
}

function opened(state: HubState) {
  if (state.opened === undefined) throw new Error('too few shares were combined to open the sum');
  return state.opened.open();
}
