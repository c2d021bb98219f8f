// SPDX-License-Identifier: Apache-2.0
import { type OrganisationId, Sealed } from '@kiban/core';
import { combineShares, encodeBase64, openBox } from '@kiban/crypto';
import { memberOf } from './attempt.ts';
import {
  associatedData,
  boxSealingKey,
  type MaskedKind,
  ownMaskKey,
  pairCommitment,
  pairMaskKey,
  type SecretKind,
  sameBytes,
  secretCommitment,
} from './derivations.ts';
import type { OpenedSecrets } from './hub-records.ts';
import { expectedMembers, type HubState, messageOf, transcriptBefore } from './hub-state.ts';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';
import { readManifest } from './member-opening.ts';
import { bytesOf } from './member-sharing.ts';
import { readMessage } from './messages.ts';
import { refuse } from './refusal.ts';

/** Subsets tried per secret before its dealer is named. */
const mostSubsets = 200;

export type OpeningOutcome =
  | { readonly state: 'waiting' }
  | { readonly state: 'opened'; readonly secrets: OpenedSecrets }
  | { readonly state: 'failed'; readonly names: readonly OrganisationId[] };

/**
 * Combines what t members opened. Every share was checked against its commitment when it came in, so a secret that does not come out was dealt
 * wrongly: other subsets are tried, more answers awaited, then the dealer is named.
 */
export async function openSecrets(state: HubState): Promise<OpeningOutcome> {
  const { attempt, plan } = state;
  const responders = [...state.messages.opening.keys()];
  if (responders.length < plan.threshold) return { state: 'waiting' };
  const everybody = responders.length === expectedMembers(state, 'opening').length;
  const survivors = state.frozen.manifest?.members ?? [];
  const dropped = expectedMembers(state, 'opening').filter((name) => !survivors.includes(name));
  const failed = (name: OrganisationId): OpeningOutcome =>
    everybody ? { state: 'failed', names: [name] } : { state: 'waiting' };
  const seeds: { of: OrganisationId; seed: string }[] = [];
  for (const of of survivors) {
    const seed = await combineFor(state, 'self', of);
    if (seed === undefined) return failed(of);
    seeds.push({ of, seed: encodeBase64(seed) });
  }
  const t2 = transcriptBefore(state, 'confirm');
  const pairs: { survivor: OrganisationId; dropped: OrganisationId; secret: string }[] = [];
  for (const of of dropped) {
    const boxKey = await combineFor(state, 'box', of);
    if (boxKey === undefined) return failed(of);
    const index = memberOf(attempt, of).index;
    const confirm = readMessage(attempt, 'confirm', of, t2, messageOf(state, 'confirm', of));
    const opened = openBox({
      key: boxSealingKey(boxKey, t2, index),
      associatedData: associatedData(t2, index, index),
      box: confirm.box,
    });
    // A box that does not open is no question of shares: more answers would not help.
    if (opened?.length !== 32 * confirm.pairs.length) return { state: 'failed', names: [of] };
    for (const [place, entry] of confirm.pairs.entries()) {
      if (!survivors.includes(entry.with)) continue;
      const other = memberOf(attempt, entry.with).index;
      const secret = opened.subarray(32 * place, 32 * place + 32);
      const commitment = pairCommitment(t2, Math.min(index, other), Math.max(index, other), secret);
      if (!sameBytes(commitment, entry.commitment)) return { state: 'failed', names: [of] };
      pairs.push({ survivor: entry.with, dropped: of, secret: encodeBase64(secret) });
    }
  }
  return { state: 'opened', secrets: { seeds, pairs } };
}

/**
 * The summing worker's task: the members whose shards are added, and the streams to apply to the sum of their words (own masks of U4, and the
 * masks that U4 shares with those who dropped out), each with its sign.
 */
export function openingStreams(state: HubState): {
  readonly survivors: readonly OrganisationId[];
  readonly words: Sealed<readonly MaskStream[]>;
  readonly scalars: Sealed<readonly MaskStream[]>;
} {
  const survivors = state.frozen.manifest?.members;
  if (state.secrets === undefined || survivors === undefined) return refuse('sum-unexpected');
  return {
    survivors,
    words: new Sealed(streamsOf(state, 'words')),
    scalars: new Sealed(streamsOf(state, 'scalars')),
  };
}

/** One opened scalar: the plain integer sum over the survivors, and the same divided by the plan's `scale`. */
export interface OpenedScalar {
  readonly sum: number;
  readonly value: number;
}

/** All scalars of the plan by name. */
export function openScalars(state: HubState): Readonly<Record<string, OpenedScalar>> {
  const { survivors, scalars } = openingStreams(state);
  const { plan, attempt } = state;
  const t3 = transcriptBefore(state, 'manifest');
  const total = new Uint32Array(plan.scalars.length);
  for (const from of survivors) {
    const masked = readManifest(attempt, from, t3, messageOf(state, 'manifest', from)).scalars;
    const view = new DataView(masked.buffer, masked.byteOffset, masked.byteLength);
    for (let index = 0; index < total.length; index += 1) total[index]! += view.getUint32(4 * index, true);
  }
  applyMaskStreams({ bits: 32, streams: scalars.open(), words: total, wordOffset: 0 });
  return Object.fromEntries(
    plan.scalars.map(({ name, scale }, index) => {
      const sum = (total[index] as number) | 0;
      return [name, { sum, value: sum / scale }];
    }),
  );
}

function streamsOf(state: HubState, kind: MaskedKind): MaskStream[] {
  const secrets = state.secrets?.open() ?? { seeds: [], pairs: [] };
  const t3 = transcriptBefore(state, 'manifest');
  const indexOf = (name: OrganisationId): number => memberOf(state.attempt, name).index;
  const own = secrets.seeds.map(
    ({ of, seed }): MaskStream => ({
      key: ownMaskKey(bytesOf(seed), t3, kind, indexOf(of)),
      sign: -1,
    }),
  );
  const orphaned = secrets.pairs.map(({ survivor, dropped, secret }): MaskStream => {
    const low = Math.min(indexOf(survivor), indexOf(dropped));
    const high = Math.max(indexOf(survivor), indexOf(dropped));
    // The lower end had added the stream, the higher one taken it off.
    return { key: pairMaskKey(bytesOf(secret), t3, kind, low, high), sign: indexOf(survivor) === low ? -1 : 1 };
  });
  return [...own, ...orphaned];
}

async function combineFor(state: HubState, kind: SecretKind, of: OrganisationId): Promise<Uint8Array | undefined> {
  const { attempt, plan } = state;
  const t1 = transcriptBefore(state, 'share');
  const t4 = transcriptBefore(state, 'opening');
  const dealer = memberOf(attempt, of).index;
  const committed = readMessage(attempt, 'share', of, t1, messageOf(state, 'share', of))[kind];
  const shares = [...state.messages.opening].map(([from, text]) => {
    const body = readMessage(attempt, 'opening', from, t4, text);
    return body[kind].find((entry) => entry.of === of)?.share as Uint8Array;
  });
  let tried = 0;
  for (const subset of subsetsOf(shares, plan.threshold)) {
    const combined = await combineShares(subset);
    if (combined.ok && sameBytes(secretCommitment(kind, t1, dealer, combined.secret), committed)) {
      return combined.secret;
    }
    tried += 1;
    if (tried === mostSubsets) return undefined;
  }
  return undefined;
}

/** Subsets of one size in lexicographic order of places. */
function* subsetsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  const places = Array.from({ length: size }, (_, index) => index);
  while (true) {
    yield places.map((place) => items[place] as T);
    let moving = size - 1;
    while (moving >= 0 && places[moving] === items.length - size + moving) moving -= 1;
    if (moving < 0) return;
    places[moving] = (places[moving] as number) + 1;
    for (let after = moving + 1; after < size; after += 1) places[after] = (places[after - 1] as number) + 1;
  }
}
