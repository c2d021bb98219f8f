// SPDX-License-Identifier: Apache-2.0
import { organisationIdSchema } from '@kiban/core';
import type { Tokenizer } from '@kiban/corpus';
import { byteNonUniformity, rankMovedTokens, tokenRecall } from '@kiban/evals';
import { type RehearsingMember, rehearseAttempt } from '@kiban/secagg';
import { type Membership, readMembership } from './canary-membership.ts';
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
  /** Signed messages of all members in the attempt that masked the updates. */
  readonly messageCount: number;
  /** Members that had to sign the survivor set before anything was opened. */
  readonly threshold: number;
  readonly plain: Reading;
  readonly masked: Reading;
  /** Held against the tokens of all members together: whose they are is not in the sum. */
  readonly sum: Reading;
  /** Absent when the run left too little text or no base model to try it with. */
  readonly membership: Membership | undefined;
}

/** Attempts over which the figures of chance are averaged, besides the one that is shown. */
const furtherAttempts = 31;

/**
 * The same reading of three views: the update in clear, what the node uploads, and the sum that the hub may open. The masks are those of a whole
 * attempt at secure aggregation, played in this process by the machines that nodes and hub run, with fresh keys.
 */
export async function attackRound(round: RoundUpdates, member: string): Promise<AttackReport> {
  const { updates } = round;
  const place = updates.findIndex((update) => update.member === member);
  const victim = updates[place]!;
  const members = updates.map((update) => ({
    organisation: organisationIdSchema.parse(update.member),
    levels: update.levels,
  }));
  const { uploads, sum, messageCount, plan } = await rehearseAttempt({ members });
  const views = {
    plain: Int16Array.from(victim.levels),
    masked: new Int16Array(uploads[place]!.buffer),
    sum,
  };
  const union = new Set(updates.flatMap(({ used }) => [...used]));
  return {
    release: round.release,
    round: round.round,
    member,
    members: updates.map((update) => update.member),
    vocabularySize: round.model.vocabularySize,
    usedTokens: victim.used.size,
    messageCount,
    threshold: plan.threshold,
    plain: read(round, views.plain, victim.used),
    masked: read(round, views.masked, victim.used),
    sum: read(round, views.sum, union),
    membership: await readMembership(round, member, {
      plain: [views.plain],
      masked: [views.masked, ...(await maskedAgain(members, place))],
      sum: [views.sum],
    }),
  };
}

/** The same update out of further attempts, each under keys of its own. */
async function maskedAgain(members: readonly RehearsingMember[], place: number): Promise<Int16Array[]> {
  const uploads: Int16Array[] = [];
  while (uploads.length < furtherAttempts)
    uploads.push(new Int16Array((await rehearseAttempt({ members })).uploads[place]!.buffer));
  return uploads;
}

function read(round: RoundUpdates, words: Int16Array, used: ReadonlySet<number>): Reading {
  const { tokenizer } = round;
  const { vocabularySize, hiddenSize } = round.model;
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
