// SPDX-License-Identifier: Apache-2.0
import { Sealed, systemRandom } from '@kiban/core';
import type { Tokenizer } from '@kiban/corpus';
import { byteNonUniformity, rankMovedTokens, tokenRecall } from '@kiban/evals';
import { applyMaskStreams, type MaskStream, maskWords } from '@kiban/secagg';
import type { RoundUpdates } from './gather-updates.ts';

/** What one view of an update gives away. */
export interface Reading {
  /** Share of the used tokens that were found. */
  readonly recall: number;
  /** What guessing gives. */
  readonly chance: number;
  /** Share of right ones among the first hundred guesses. */
  readonly rightOfFirstHundred: number;
  /** Deviations from uniform bytes; about -3 to 3 is noise. */
  readonly byteNonUniformity: number;
  /** Guesses of two characters or more, the surest first, and whether each is right. */
  readonly fragments: readonly { readonly text: string; readonly right: boolean }[];
}

export interface AttackReport {
  readonly release: string;
  readonly round: number;
  readonly member: string;
  readonly members: readonly string[];
  readonly vocabularySize: number;
  readonly usedTokens: number;
  readonly plain: Reading;
  readonly masked: Reading;
  /** Held against the tokens of all members together: whose they are is not in the sum. */
  readonly sum: Reading;
}

/** The same reading of three views: the update in clear, what the node uploads, and the sum that the hub may open. */
export function attackRound(round: RoundUpdates, member: string): AttackReport {
  const { updates, vocabularySize } = round;
  const place = updates.findIndex((update) => update.member === member);
  const victim = updates[place]!;
  const streams = streamsOfMembers(updates.length);
  const uploads = updates.map(({ levels }, index) => masked(levels, streams[index]!));
  const sum = openSum(uploads, streams);
  const union = new Set(updates.flatMap(({ used }) => [...used]));
  return {
    release: round.release,
    round: round.round,
    member,
    members: updates.map((update) => update.member),
    vocabularySize,
    usedTokens: victim.used.size,
    plain: read(round, Int16Array.from(victim.levels), victim.used),
    masked: read(round, new Int16Array(uploads[place]!.buffer), victim.used),
    sum: read(round, sum, union),
  };
}

function read(round: RoundUpdates, words: Int16Array, used: ReadonlySet<number>): Reading {
  const { vocabularySize, hiddenSize, tokenizer } = round;
  const ranking = rankMovedTokens({ values: words.subarray(0, vocabularySize * hiddenSize), hiddenSize });
  const hundred = ranking.slice(0, 100);
  return {
    recall: tokenRecall(ranking, used),
    chance: used.size / vocabularySize,
    rightOfFirstHundred: hundred.filter((token) => used.has(token)).length / hundred.length,
    byteNonUniformity: byteNonUniformity(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)),
    fragments: fragmentsOf(ranking.slice(0, used.size), tokenizer, used).slice(0, 16),
  };
}

function fragmentsOf(guesses: readonly number[], tokenizer: Tokenizer, used: ReadonlySet<number>) {
  return guesses
    .map((token) => ({ text: tokenizer.decode([token]).trim(), right: used.has(token) }))
    .filter(({ text }) => /^[\p{L}\p{N}]{2,}$/u.test(text));
}

/** Masks as a round has them: a stream of each member's own and one with each peer, under fresh keys. */
function streamsOfMembers(count: number): MaskStream[][] {
  const pairKeys = new Map<string, Uint8Array>();
  const pairKey = (low: number, high: number): Uint8Array => {
    const key = pairKeys.get(`${low}/${high}`) ?? systemRandom.bytes(32);
    pairKeys.set(`${low}/${high}`, key);
    return key;
  };
  return Array.from({ length: count }, (_, self) => {
    const streams: MaskStream[] = [{ key: systemRandom.bytes(32), sign: 1 }];
    for (let peer = 0; peer < count; peer += 1)
      if (peer !== self)
        streams.push({ key: pairKey(Math.min(self, peer), Math.max(self, peer)), sign: self < peer ? 1 : -1 });
    return streams;
  });
}

function masked(levels: Int8Array, streams: readonly MaskStream[]): Uint8Array {
  const plan = { bits: 16, levelLimit: 127, wordCount: levels.length } as const;
  return maskWords({ plan, streams: new Sealed(streams), levels, wordOffset: 0 });
}

function openSum(uploads: readonly Uint8Array[], streams: readonly (readonly MaskStream[])[]): Int16Array {
  const total = new Uint16Array(uploads[0]!.length / 2);
  for (const upload of uploads) {
    const words = new Uint16Array(upload.buffer, upload.byteOffset, total.length);
    for (let index = 0; index < total.length; index += 1) total[index]! += words[index]!;
  }
  const own = streams.map((list): MaskStream => ({ key: list[0]!.key, sign: -1 }));
  applyMaskStreams({ bits: 16, streams: own, words: total, wordOffset: 0 });
  return new Int16Array(total.buffer);
}
