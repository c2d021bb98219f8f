// SPDX-License-Identifier: Apache-2.0
import { Sealed } from '@kiban/core';
import { memberOf } from './attempt.ts';
import { type MaskedKind, ownMaskKey, pairMaskKey } from './derivations.ts';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';
import { bytesOf, hexBytes, journalOf } from './member-sharing.ts';
import type { MemberState } from './member-state.ts';

/**
 * The streams that hide this member's vector: its own and one per peer of U3. Valid from phase `training` on; another set for words than for
 * scalars. For a worker thread post `open()` and seal it there again.
 */
export function maskingStreams(state: MemberState, kind: MaskedKind = 'words'): Sealed<readonly MaskStream[]> {
  const { list } = journalOf(state, 'agreed');
  const t3 = hexBytes(list.transcript);
  const { index } = state;
  const streams: MaskStream[] = [
    { key: ownMaskKey(bytesOf(journalOf(state, 'shared').selfSeed), t3, kind, index), sign: 1 },
  ];
  for (const { with: peer, secret } of journalOf(state, 'confirmed').pairs) {
    if (!list.members.includes(peer)) continue;
    const other = memberOf(state.attempt, peer).index;
    const key = pairMaskKey(bytesOf(secret), t3, kind, Math.min(index, other), Math.max(index, other));
    streams.push({ key, sign: index < other ? 1 : -1 });
  }
  return new Sealed(streams);
}

/** Masked scalars as the manifest carries them: 32 bits each, little-endian, in the plan's order. */
export function maskScalars(state: MemberState): Uint8Array {
  const words = Uint32Array.from(journalOf(state, 'updated').scalars, (value) => value >>> 0);
  applyMaskStreams({ bits: 32, streams: maskingStreams(state, 'scalars').open(), words, wordOffset: 0 });
  return new Uint8Array(words.buffer);
}
