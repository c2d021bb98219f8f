// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { combineShares, openBox } from '@kiban/crypto';
import type { Coalition, Party } from './coalition-driver.ts';
import { associatedData, boxSealingKey, ownMaskKey, pairMaskKey, type SecretKind } from './derivations.ts';
import { readBody } from './forged-lists.ts';
import { frozenList, messageOf } from './hub-state.ts';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';

/**
 * A hub that keeps everything: for tests. It gathers shares wherever it finds them and, with enough of them, takes a member's masks off what the
 * member uploaded. It derives keys as the product does, so a build that is broken elsewhere is attacked with the product's own arithmetic.
 */
export class CuriousHub {
  readonly #coalition: Coalition;
  readonly #shares = new Map<string, Uint8Array>();

  constructor(coalition: Coalition) {
    this.#coalition = coalition;
  }

  learn(kind: SecretKind, dealer: string, holder: string, share: Uint8Array): void {
    this.#shares.set(`${kind}/${dealer}/${holder}`, share);
  }

  /** Every share in an opening that a member sent. */
  learnOpening(text: string): void {
    const body = readBody(text) as { from: string } & Record<SecretKind, { of: string; share: string }[]>;
    for (const kind of ['self', 'box'] as const)
      for (const { of, share } of body[kind]) this.learn(kind, of, body.from, Buffer.from(share, 'base64'));
  }

  /** All openings that left a member so far. */
  learnOpenings(): this {
    for (const { stage, text } of this.#coalition.sent) if (stage === 'opening') this.learnOpening(text);
    return this;
  }

  /** What is left of the victim's upload after every mask that the shares open; undefined where nothing was uploaded. */
  async read(victim: Party): Promise<number[] | undefined> {
    const own = await this.#ownMask(victim);
    const pairs = await this.#pairMasks(victim);
    return victim.shards.size === 0 ? undefined : this.#without([victim], [...own, ...pairs]);
  }

  /** The sum over `survivors` of their uploads, own masks taken off and pair masks with all others of the confirmed ones. */
  async readSum(survivors: readonly Party[]): Promise<number[]> {
    const confirmed = frozenList(this.#hub, 'confirms').members;
    const dropped = this.#coalition.parties.filter(
      (party) => confirmed.includes(party.organisation) && !survivors.includes(party),
    );
    const streams: MaskStream[] = [];
    for (const survivor of survivors) streams.push(...(await this.#ownMask(survivor)));
    // Seen from the lost one the sign is the survivor's, turned round.
    for (const lost of dropped)
      for (const { key, sign } of await this.#pairMasks(lost, survivors))
        streams.push({ key, sign: sign === 1 ? -1 : 1 });
    return this.#without(survivors, streams);
  }

  get #hub() {
    assert.ok(this.#coalition.hub !== undefined);
    return this.#coalition.hub;
  }

  #indexOf(party: Party): number {
    return this.#coalition.parties.indexOf(party);
  }

  async #ownMask(party: Party): Promise<MaskStream[]> {
    const seed = await this.#combined('self', party);
    const t3 = frozenList(this.#hub, 'confirms').transcript;
    return seed === undefined ? [] : [{ key: ownMaskKey(seed, t3, 'words', this.#indexOf(party)), sign: -1 }];
  }

  /** Signs as they come off the upload of `party`. */
  async #pairMasks(party: Party, others = this.#coalition.parties): Promise<MaskStream[]> {
    const boxKey = await this.#combined('box', party);
    if (boxKey === undefined) return [];
    const index = this.#indexOf(party);
    const t2 = frozenList(this.#hub, 'shares').transcript;
    const t3 = frozenList(this.#hub, 'confirms').transcript;
    const { body } = messageOf(this.#hub, 'confirm', party.organisation);
    const sealed = { key: boxSealingKey(boxKey, t2, index), associatedData: associatedData(t2, index, index) };
    const secrets = openBox({ ...sealed, box: body.box });
    if (secrets === undefined) return [];
    return body.pairs.flatMap((entry, place): MaskStream[] => {
      const peer = others.find(({ organisation }) => organisation === entry.with);
      if (peer === undefined || !frozenList(this.#hub, 'confirms').members.includes(peer.organisation)) return [];
      const other = this.#indexOf(peer);
      const secret = secrets.slice(32 * place, 32 * (place + 1));
      const key = pairMaskKey(secret, t3, 'words', Math.min(index, other), Math.max(index, other));
      return [{ key, sign: index < other ? -1 : 1 }];
    });
  }

  async #combined(kind: SecretKind, dealer: Party): Promise<Uint8Array | undefined> {
    const { threshold } = this.#coalition.plan;
    const shares = [...this.#shares].flatMap(([name, share]) =>
      name.startsWith(`${kind}/${dealer.organisation}/`) ? [share] : [],
    );
    if (shares.length < threshold) return undefined;
    const combined = await combineShares(shares.slice(0, threshold));
    return combined.ok ? combined.secret : undefined;
  }

  #without(parties: readonly Party[], streams: readonly MaskStream[]): number[] {
    const total = new Uint16Array(this.#coalition.plan.wordCount);
    for (const party of parties)
      for (const [index, word] of wordsOf(party).entries()) total[index] = total[index]! + word;
    applyMaskStreams({ bits: 16, streams, words: total, wordOffset: 0 });
    return [...new Int16Array(total.buffer)];
  }
}

/** The masked words of an upload, of 16 bits, its shards end to end. */
export function wordsOf(party: Party): Uint16Array {
  const shards = [...party.shards].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  return new Uint16Array(Uint8Array.from(Buffer.concat(shards)).buffer);
}
