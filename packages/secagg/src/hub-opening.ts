// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { combineShares, openBox } from '@kiban/crypto';
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
import { frozenList, type HubState, messageOf } from './hub-state.ts';
import type { MaskStream } from './mask-streams.ts';

/** What is taken off the sum of the survivors' masked vectors. Secret. */
export type OpenedMasks = { readonly [K in MaskedKind]: readonly MaskStream[] };

export type Combination =
  | { readonly ok: true; readonly masks: OpenedMasks }
  /** The dealer's shares do not give what it committed to, in no combination tried. */
  | { readonly ok: false; readonly dealer: OrganisationId };

/** Subsets tried for one secret, beyond which the dealer is named. */
const mostSubsets = 2000;

/**
 * Combines the shares of all openings: own seeds of U4; box keys of U3 without U4, and with them the pair secrets that were orphaned. Every
 * secret is checked against its commitment, as shares prove nothing by themselves.
 */
export async function combineOpenings(state: HubState): Promise<Combination> {
  const survivors = frozenList(state, 'survivors').members;
  const t2 = frozenList(state, 'shares').transcript;
  const t3 = frozenList(state, 'confirms').transcript;
  const masks = { words: [] as MaskStream[], scalars: [] as MaskStream[] };
  const add = (keyOf: (kind: MaskedKind) => Uint8Array, sign: 1 | -1): void => {
    for (const kind of ['words', 'scalars'] as const) masks[kind].push({ key: keyOf(kind), sign });
  };
  for (const survivor of survivors) {
    const seed = await combinedSecret(state, 'self', survivor);
    if (seed === undefined) return { ok: false, dealer: survivor };
    const { index } = memberOf(state.attempt, survivor);
    add((kind) => ownMaskKey(seed, t3, kind, index), -1);
  }
  const dropped = frozenList(state, 'confirms').members.filter((name) => !survivors.includes(name));
  for (const lost of dropped) {
    const boxKey = await combinedSecret(state, 'box', lost);
    const pairs = boxKey && openPairs(state, lost, boxKey, t2);
    if (pairs === undefined) return { ok: false, dealer: lost };
    const gone = memberOf(state.attempt, lost).index;
    for (const survivor of survivors) {
      const secret = pairs.get(survivor);
      if (secret === undefined) return { ok: false, dealer: lost };
      const kept = memberOf(state.attempt, survivor).index;
      // The survivor added this stream if it has the lower number; now it comes off.
      add((kind) => pairMaskKey(secret, t3, kind, Math.min(kept, gone), Math.max(kept, gone)), kept < gone ? -1 : 1);
    }
  }
  return { ok: true, masks };
}

async function combinedSecret(
  state: HubState,
  kind: SecretKind,
  dealer: OrganisationId,
): Promise<Uint8Array | undefined> {
  const shares: Uint8Array[] = [];
  for (const { body } of state.received.opening.values()) {
    const entry = body[kind].find(({ of }) => of === dealer);
    if (entry !== undefined) shares.push(entry.share);
  }
  const t1 = frozenList(state, 'keys').transcript;
  const { index } = memberOf(state.attempt, dealer);
  const committed = messageOf(state, 'share', dealer).body[kind];
  let tried = 0;
  for (const subset of subsets(shares, state.plan.threshold)) {
    const combined = await combineShares(subset);
    if (combined.ok && sameBytes(secretCommitment(kind, t1, index, combined.secret), committed)) return combined.secret;
    tried += 1;
    if (tried === mostSubsets) return undefined;
  }
  return undefined;
}

/** Pair secrets out of a lost member's box, as both ends committed to them; one that does not fit is left out. */
function openPairs(
  state: HubState,
  lost: OrganisationId,
  boxKey: Uint8Array,
  t2: Uint8Array,
): ReadonlyMap<OrganisationId, Uint8Array> | undefined {
  const { index } = memberOf(state.attempt, lost);
  const { body } = messageOf(state, 'confirm', lost);
  const plaintext = openBox({
    key: boxSealingKey(boxKey, t2, index),
    associatedData: associatedData(t2, index, index),
    box: body.box,
  });
  if (plaintext?.length !== 32 * body.pairs.length) return undefined;
  const pairs = new Map<OrganisationId, Uint8Array>();
  for (const [place, entry] of body.pairs.entries()) {
    const secret = plaintext.slice(32 * place, 32 * (place + 1));
    const other = memberOf(state.attempt, entry.with).index;
    const commitment = pairCommitment(t2, Math.min(index, other), Math.max(index, other), secret);
    if (sameBytes(commitment, entry.commitment)) pairs.set(entry.with, secret);
  }
  return pairs;
}

/** All subsets of the given size, those of the first elements first. */
function* subsets<T>(items: readonly T[], size: number): Generator<T[]> {
  if (size === 0) yield [];
  else if (items.length >= size) {
    const [first, ...rest] = items as [T, ...T[]];
    for (const subset of subsets(rest, size - 1)) yield [first, ...subset];
    yield* subsets(rest, size);
  }
}
