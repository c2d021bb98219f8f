// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  type OrganisationId,
  type ProgrammeId,
  type RandomSource,
  type Sealed,
  sha256Hex,
  systemRandom,
} from '@kiban/core';
import { generateSigningKey, type SigningKey, verifyKeyToSpki } from '@kiban/crypto';
import type { MemberStage } from './effects.ts';
import type { ShardDigest } from './events.ts';
import { startHub, stepHub } from './hub.ts';
import { publishedList } from './hub-lists.ts';
import { currentStage, type HubState, type HubStep } from './hub-state.ts';
import { openingStreams } from './hub-sums.ts';
import { applyMaskStreams, type MaskStream } from './mask-streams.ts';
import { type MemberStep, startMember, stepMember } from './member.ts';
import { maskingStreams } from './member-masks.ts';
import { awaitedList, type MemberState } from './member-state.ts';
import type { AggregationPlan } from './plan.ts';
import { leastQuorum, leastThreshold } from './plan-check.ts';
import { compareOrganisations, signPlan } from './plan-text.ts';
import { refusalToError } from './problems.ts';
import { refusalOf } from './refusal.ts';
import { shardLayout } from './shard-layout.ts';
import { maskWords } from './word-masking.ts';

/** One member of a rehearsal: its quantised update, between -levelLimit and levelLimit. */
export interface RehearsingMember {
  readonly organisation: OrganisationId;
  readonly levels: Int8Array;
  /** Uploads everything and falls silent before its manifest. */
  readonly lost?: boolean;
}

/** What one attempt left behind, at everybody. */
export interface Rehearsal {
  readonly plan: AggregationPlan;
  /** What the hub stores of each member, in the order given: 16-bit words, little-endian. */
  readonly uploads: readonly Uint8Array[];
  /** The masks of each member, own one first: what it knows itself, nobody else. */
  readonly streams: readonly Sealed<readonly MaskStream[]>[];
  readonly survivors: readonly OrganisationId[];
  /** The one thing that the hub opens. */
  readonly sum: Int16Array;
  /** Protocol messages that members sent. */
  readonly messageCount: number;
}

interface Player extends RehearsingMember {
  readonly signKey: SigningKey;
  readonly upload: Uint8Array;
  readonly shards: ShardDigest[];
  state: MemberState | undefined;
}

/**
 * Plays one whole attempt in this process, with the machines that nodes and hub run and with keys of its own: every message of the six stages is
 * signed, checked and answered, only network and disk are left out. For showing and testing what a hub sees.
 * @param input.members 3 to 32 with updates of one length; all but few must not be lost, see the quorum
 * @throws KibanError with the code of a refusal when the attempt does not open
 */
export async function rehearseAttempt(input: {
  readonly members: readonly RehearsingMember[];
  /** L; default 127. */
  readonly levelLimit?: number;
  readonly random?: RandomSource;
}): Promise<Rehearsal> {
  const { members, levelLimit = 127, random = systemRandom } = input;
  const wordCount = members[0]?.levels.length ?? 0;
  const hubKey = generateSigningKey(random);
  const players = members.map((member): Player => {
    const upload = new Uint8Array(2 * wordCount);
    return { ...member, signKey: generateSigningKey(random), upload, shards: [], state: undefined };
  });
  const plan = planFor(players, { wordCount, levelLimit });
  const planText = signPlan(plan, hubKey);
  const mail: { from: OrganisationId; stage: MemberStage; text: string; durableShards: readonly ShardDigest[] }[] = [];
  let messageCount = 0;
  let hub = nextState(await startHub({ planText, signKey: hubKey }));
  for (const player of players) {
    const identity = { organisation: player.organisation, signKey: player.signKey };
    await follow(player, startMember({ planText, hubPublicKey: hubKey.verifyKey, identity, random, marks: [] }));
  }
  while (hub.opened === undefined) {
    const letter = mail.shift();
    if (letter !== undefined) {
      const step = await stepHub(hub, { type: 'message-received', ...letter });
      // Signatures above the threshold come too late, which harms nobody.
      if (step.ok || step.refusal.code !== 'message-late') hub = nextState(step);
    } else if (!(await handOutLists())) {
      const stage = currentStage(hub);
      if (stage === undefined) throw refusalToError(refusalOf('attempt-over', hub.aborted?.code ?? ''));
      hub = nextState(await stepHub(hub, { type: 'freeze', stage }));
    }
  }
  return {
    plan,
    uploads: players.map(({ upload }) => upload),
    streams: players.map(({ state }) => maskingStreams(state as MemberState)),
    survivors: openingStreams(hub).survivors,
    sum: openSum(hub, players),
    messageCount,
  };

  /** Runs what a step asks for; there is nothing to make durable. */
  async function follow(player: Player, step: MemberStep): Promise<void> {
    player.state = nextState(step);
    if (!step.ok) return;
    for (const effect of step.effects) {
      if (effect.type === 'send' && !(player.lost === true && effect.stage === 'manifest')) {
        messageCount += 1;
        const { stage, text } = effect;
        mail.push({ from: player.organisation, stage, text, durableShards: stage === 'manifest' ? player.shards : [] });
      } else if (effect.type === 'train') {
        const wordsDigest = createHash('sha256').update(player.levels).digest('hex');
        await follow(player, await stepMember(player.state, { type: 'update-ready', wordsDigest, scalars: {} }));
      } else if (effect.type === 'upload') {
        maskShards(plan, player);
        await follow(player, await stepMember(player.state, { type: 'shards-uploaded', shards: player.shards }));
      }
    }
  }

  async function handOutLists(): Promise<boolean> {
    let moved = false;
    for (const player of players) {
      const state = player.state as MemberState;
      const list = awaitedList(state);
      const text = list && publishedList(hub, list, player.organisation);
      if (list === undefined || text === undefined || (player.lost === true && list === 'survivors')) continue;
      await follow(player, await stepMember(state, { type: 'list-received', list, text }));
      moved = true;
    }
    return moved;
  }
}

function planFor(
  players: readonly Player[],
  shape: { readonly wordCount: number; readonly levelLimit: number },
): AggregationPlan {
  const roster = players
    .map(({ organisation, signKey }) => ({ organisation, roundPublicKey: verifyKeyToSpki(signKey.verifyKey) }))
    .sort((a, b) => compareOrganisations(a.organisation, b.organisation));
  return {
    version: 1,
    programme: 'rehearsal' as ProgrammeId,
    instance: 'rehearsal.round-1',
    attempt: 1,
    roster,
    threshold: leastThreshold(roster.length),
    quorum: leastQuorum(roster.length),
    baseDigest: sha256Hex('base of a rehearsal'),
    scalesDigest: sha256Hex('scales of a rehearsal'),
    ...shape,
    bits: 16,
    scalars: [],
    shardBytes: 8 * 1024 * 1024,
    prg: 'aes-256-ctr/v1',
    graceMs: 0,
  };
}

function maskShards(plan: AggregationPlan, player: Player): void {
  const streams = maskingStreams(player.state as MemberState);
  for (const { n, wordOffset, wordCount, length } of shardLayout(plan)) {
    const levels = player.levels.subarray(wordOffset, wordOffset + wordCount);
    const into = player.upload.subarray(2 * wordOffset, 2 * wordOffset + length);
    maskWords({ plan, streams, levels, wordOffset, into });
    player.shards.push({ n, length, sha256: sha256Hex(into) });
  }
}

function openSum(hub: HubState, players: readonly Player[]): Int16Array {
  const { survivors, words } = openingStreams(hub);
  const total = new Uint16Array(hub.plan.wordCount);
  for (const { organisation, upload } of players)
    if (survivors.includes(organisation)) {
      const masked = new Uint16Array(upload.buffer);
      for (let index = 0; index < total.length; index += 1) total[index]! += masked[index]!;
    }
  applyMaskStreams({ bits: 16, streams: words.open(), words: total, wordOffset: 0 });
  return new Int16Array(total.buffer);
}

function nextState(step: HubStep): HubState;
function nextState(step: MemberStep): MemberState;
function nextState(step: HubStep | MemberStep): HubState | MemberState {
  if (!step.ok) throw refusalToError(step.refusal);
  return step.state;
}
