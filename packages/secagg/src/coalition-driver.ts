// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { OrganisationId, ProgrammeId, SeededRandom, Sha256Digest } from '@kiban/core';
import { type SigningKey, verifyKeyToSpki } from '@kiban/crypto';
import { keyFor, levelsFor, seededBytes } from './coalition-seeds.ts';
import {
  type AggregationPlan,
  type AttemptMark,
  applyMaskStreams,
  awaitedList,
  currentStage,
  type HubEvent,
  type HubState,
  type HubStep,
  type ListName,
  type MaskStream,
  type MemberEvent,
  type MemberStage,
  type MemberState,
  type MemberStep,
  maskingStreams,
  maskWords,
  openingStreams,
  openScalars,
  planDigest,
  publishedList,
  type Refusal,
  replayHub,
  replayMember,
  type ShardDigest,
  type SlotWitness,
  shardLayout,
  signPlan,
  startHub,
  startMember,
  stepHub,
  stepMember,
} from './index.ts';

/** A coalition in memory, for tests: plays both services' part, one effect after the other, with losses and crashes on order. */
export interface CoalitionOptions {
  readonly memberCount: number;
  readonly wordCount?: number;
  readonly bits?: 8 | 16;
  /** Default: as many as the members of any coalition may have. */
  readonly levelLimit?: number;
  readonly shardBytes?: number;
  readonly scalars?: AggregationPlan['scalars'];
  readonly seed?: string;
  readonly attempt?: number;
  readonly instance?: string;
  /** Members that fall silent before they send this stage. */
  readonly lost?: ReadonlyMap<number, MemberStage>;
  /** Nobody's training ends by itself. */
  readonly holdsTraining?: boolean;
  readonly slotWitness?: SlotWitness;
  /** A list that is not carried to anybody: the test hands out one of its own. */
  readonly heldList?: ListName | undefined;
  /** Members that run another build of this package, by number. */
  readonly builds?: ReadonlyMap<number, MemberMachine>;
  /** Crash the party of the n-th persist (from 0), right after it. */
  readonly crashAfterPersist?: number;
}

/** The functions of a member, so that a test may have some members run a broken build. */
export interface MemberMachine {
  readonly startMember: typeof startMember;
  readonly stepMember: typeof stepMember;
  readonly replayMember: typeof replayMember;
}

export const memberMachine: MemberMachine = { startMember, stepMember, replayMember };

export interface Party {
  readonly machine: MemberMachine;
  readonly organisation: OrganisationId;
  readonly key: SigningKey;
  readonly levels: Int8Array;
  readonly journal: string[];
  /** Every record ever written, also after the journal is erased. */
  readonly written: string[];
  readonly marks: AttemptMark[];
  readonly shards: Map<number, Uint8Array>;
  readonly refusals: Refusal[];
  state: MemberState | undefined;
  alive: boolean;
}

export interface Outcome {
  readonly opened: boolean;
  readonly survivors: readonly OrganisationId[];
  readonly sum: readonly number[];
  readonly scalars: Readonly<Record<string, { readonly sum: number; readonly value: number }>>;
  readonly abort?: { readonly code: string; readonly names: readonly OrganisationId[]; readonly burnt: boolean };
}

const names = 'alder birch cedar drift elm fir gorse hazel'.split(' ');
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex') as Sha256Digest;

export class Coalition {
  readonly options: CoalitionOptions;
  readonly hubKey: SigningKey;
  readonly parties: readonly Party[];
  readonly plan: AggregationPlan;
  readonly planText: string;
  readonly hubJournal: string[] = [];
  readonly sent: { from: OrganisationId; stage: MemberStage; text: string }[] = [];
  hub: HubState | undefined;
  outcome: Outcome = { opened: false, survivors: [], sum: [], scalars: {} };
  get planDigest(): string | undefined {
    return planDigest(this.planText);
  }

  readonly hubRefusals: Refusal[] = [];
  persists = 0;
  readonly #tasks: (() => Promise<unknown>)[] = [];

  constructor(options: CoalitionOptions) {
    this.options = options;
    const { memberCount, wordCount = 100, bits = 16, seed = 'coalition' } = options;
    this.hubKey = keyFor(`${seed}/hub`);
    const levelLimit = options.levelLimit ?? (bits === 16 ? 127 : 7);
    this.parties = names.slice(0, memberCount).map((name, index) => ({
      machine: options.builds?.get(index) ?? memberMachine,
      organisation: name as OrganisationId,
      key: keyFor(`${seed}/${name}`),
      levels: levelsFor(`${seed}/${name}`, wordCount, levelLimit),
      journal: [],
      written: [],
      marks: [],
      shards: new Map(),
      refusals: [],
      state: undefined,
      alive: true,
    }));
    const threshold = Math.floor((2 * memberCount) / 3) + 1;
    this.plan = {
      version: 1,
      programme: 'trial' as ProgrammeId,
      instance: options.instance ?? 'trial.round-1',
      attempt: options.attempt ?? 1,
      roster: this.parties.map((party) => ({
        organisation: party.organisation,
        roundPublicKey: verifyKeyToSpki(party.key.verifyKey),
      })),
      threshold,
      quorum: Math.max(threshold, Math.min(4, memberCount)),
      baseDigest: digestOf('base'),
      wordCount,
      bits,
      levelLimit,
      scalesDigest: digestOf('scales'),
      scalars: options.scalars ?? [{ name: 'weight', bound: 1 << 20, scale: 4096 }],
      shardBytes: options.shardBytes ?? 64,
      prg: 'aes-256-ctr/v1',
      graceMs: 1000,
    };
    this.planText = signPlan(this.plan, this.hubKey);
  }

  /** Starts hub and members and goes on until nothing moves any more. */
  async run(): Promise<Outcome> {
    await this.startHub();
    for (const party of this.parties) await this.join(party);
    await this.settle();
    return this.outcome;
  }

  async startHub(): Promise<void> {
    await this.#runHub(await startHub({ planText: this.planText, signKey: this.hubKey }));
  }

  async join(party: Party): Promise<MemberStep> {
    const { marks } = party;
    const step = await party.machine.startMember({ planText: this.planText, ...this.#dependencies(party), marks });
    await this.#runMember(party, step);
    return step;
  }

  /** Runs what is queued, carries lists, freezes where only the silent are missing; returns when nothing moves. */
  async settle(): Promise<void> {
    for (;;) {
      for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) await task();
      if (await this.#carryLists()) continue;
      const stage = this.hub === undefined ? undefined : currentStage(this.hub);
      if (stage === undefined || !(await this.stepHub({ type: 'freeze', stage })).ok) return;
    }
  }

  /**
   * Everything in an order that `random` draws, for so many turns: tasks overtake each other, lists come late to some, messages come twice, the
   * hub freezes while members are still on their way, hub and members die and replay. Then {@link settle}.
   */
  async runAtRandom(random: SeededRandom, turns: number): Promise<Outcome> {
    await this.startHub();
    for (const party of random.shuffle([...this.parties])) this.#tasks.push(() => this.join(party));
    for (let turn = 0; turn < turns; turn += 1) {
      const roll = random.unit();
      const party = random.pick(this.parties);
      const stage = this.hub === undefined ? undefined : currentStage(this.hub);
      if (roll < 0.04) await this.crash(party);
      else if (roll < 0.06) await this.crashHub();
      else if (roll < 0.12 && this.sent.length > 0) {
        const { from, stage: sentAt, text } = random.pick(this.sent);
        await this.deliver(this.parties.find((one) => one.organisation === from) as Party, sentAt, text);
      } else if (roll < 0.16 && stage !== undefined) await this.stepHub({ type: 'freeze', stage });
      else if (roll < 0.6 && this.#tasks.length > 0)
        await this.#tasks.splice(random.below(this.#tasks.length), 1)[0]?.();
      else await this.#carryList(party);
    }
    await this.settle();
    return this.outcome;
  }

  /** Kills a member between two steps: what is left is its journal. */
  async crash(party: Party): Promise<void> {
    if (party.journal.length === 0) return;
    await this.#runMember(party, await party.machine.replayMember(party.journal, this.#dependencies(party)));
  }

  async crashHub(): Promise<void> {
    await this.#runHub(await replayHub(this.hubJournal, { signKey: this.hubKey }));
  }

  /** The text a member would get for the list it waits for. */
  listFor(party: Party): string | undefined {
    const list = party.state && awaitedList(party.state);
    if (list === undefined || this.hub === undefined) return undefined;
    return publishedList(this.hub, 'aborted', party.organisation) ?? publishedList(this.hub, list, party.organisation);
  }

  async stepMember(party: Party, event: MemberEvent): Promise<MemberStep> {
    const step = await party.machine.stepMember(party.state as MemberState, event);
    await this.#runMember(party, step);
    return step;
  }

  async stepHub(event: HubEvent): Promise<HubStep> {
    const step = await stepHub(this.hub as HubState, event);
    if (!step.ok) this.hubRefusals.push(step.refusal);
    await this.#runHub(step);
    return step;
  }

  /** The sum that an aggregator who sees everything would compute. */
  plainSum(survivors: readonly OrganisationId[]): number[] {
    const chosen = this.parties.filter((party) => survivors.includes(party.organisation));
    return Array.from({ length: this.plan.wordCount }, (_, index) =>
      chosen.reduce((total, party) => total + (party.levels[index] as number), 0),
    );
  }

  deliver(party: Party, stage: MemberStage, text: string): Promise<HubStep> {
    const durableShards = stage === 'manifest' ? this.heldShards(party) : undefined;
    return this.stepHub({ type: 'message-received', from: party.organisation, stage, text, durableShards });
  }

  heldShards(party: Party): ShardDigest[] {
    return [...party.shards].map(([n, bytes]) => ({
      n,
      length: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
  }

  async #carryLists(): Promise<boolean> {
    let moved = false;
    for (const party of this.parties) if (await this.#carryList(party)) moved = true;
    return moved;
  }

  async #carryList(party: Party): Promise<boolean> {
    const text = party.alive ? this.listFor(party) : undefined;
    const list = party.state && awaitedList(party.state);
    if (text === undefined || list === undefined || list === this.options.heldList) return false;
    const step = await this.stepMember(party, { type: 'list-received', list, text });
    if (step.ok) return step.effects.length > 0;
    party.refusals.push(step.refusal);
    party.alive = false;
    return false;
  }

  #dependencies(party: Party) {
    const random = seededBytes(`${this.options.seed}/${party.organisation}/${this.plan.attempt}/${this.persists}`);
    const identity = { organisation: party.organisation, signKey: party.key };
    return { hubPublicKey: this.hubKey.verifyKey, identity, random, slotWitness: this.options.slotWitness };
  }

  async #runMember(party: Party, step: MemberStep): Promise<void> {
    if (!step.ok) return;
    for (const effect of step.effects) {
      switch (effect.type) {
        case 'persist': {
          party.journal.push(effect.record.open());
          party.written.push(effect.record.open());
          if (this.#crashesNow()) {
            const again = await party.machine.replayMember(party.journal, this.#dependencies(party));
            return await this.#runMember(party, again);
          }
          break;
        }
        case 'mark':
          party.marks.push(effect.mark);
          break;
        case 'send':
          this.#queueSend(party, effect.stage, effect.text);
          break;
        case 'train':
          if (!this.options.holdsTraining) this.#tasks.push(() => this.#trained(party));
          break;
        case 'upload':
          this.#tasks.push(() => this.#upload(party));
          break;
        case 'erase':
          party.journal.length = 0;
          break;
      }
    }
    party.state = step.state;
  }

  #queueSend(party: Party, stage: MemberStage, text: string): void {
    const lostAt = this.options.lost?.get(this.parties.indexOf(party));
    if (lostAt === stage) party.alive = false;
    if (!party.alive) return;
    this.sent.push({ from: party.organisation, stage, text });
    this.#tasks.push(() => this.deliver(party, stage, text));
  }

  async #trained(party: Party): Promise<void> {
    const wordsDigest = createHash('sha256').update(party.levels).digest('hex');
    const scalars = Object.fromEntries(this.plan.scalars.map(({ name }) => [name, this.scalarOf(party)]));
    await this.stepMember(party, { type: 'update-ready', wordsDigest, scalars });
  }

  /** The streams of a member in this build of the package. */
  streamsOf(party: Party, kind: 'words' | 'scalars'): readonly MaskStream[] {
    return maskingStreams(party.state as MemberState, kind).open();
  }

  scalarOf(party: Party): number {
    return (this.parties.indexOf(party) + 1) / 8 - 0.25;
  }

  async #upload(party: Party): Promise<void> {
    const state = party.state as MemberState;
    const streams = maskingStreams(state);
    for (const { n, wordOffset, wordCount } of shardLayout(this.plan)) {
      const levels = party.levels.subarray(wordOffset, wordOffset + wordCount);
      const bytes = maskWords({ plan: this.plan, streams, levels, wordOffset });
      if (this.hub !== undefined && publishedList(this.hub, 'survivors', party.organisation) === undefined)
        party.shards.set(n, bytes);
    }
    await this.stepMember(party, { type: 'shards-uploaded', shards: this.heldShards(party) });
  }

  async #runHub(step: HubStep): Promise<void> {
    if (!step.ok) return;
    for (const effect of step.effects) {
      switch (effect.type) {
        case 'persist':
          this.hubJournal.push(effect.record.open());
          if (this.#crashesNow()) return await this.#runHub(await replayHub(this.hubJournal, { signKey: this.hubKey }));
          break;
        case 'publish':
          break;
        case 'ready-to-open':
          this.#tasks.push(() => this.#open());
          break;
        case 'abort':
          this.outcome = { ...this.outcome, abort: effect };
          break;
        case 'erase':
          this.hubJournal.length = 0;
          break;
      }
    }
    this.hub = step.state;
  }

  async #open(): Promise<void> {
    const { plan } = this;
    const hub = this.hub as HubState;
    const { survivors, words: streams } = openingStreams(hub);
    const sum: number[] = [];
    const modulus = 2 ** plan.bits;
    for (const { n, wordOffset, wordCount } of shardLayout(plan)) {
      const total = plan.bits === 8 ? new Uint8Array(wordCount) : new Uint16Array(wordCount);
      for (const party of this.parties) {
        if (!survivors.includes(party.organisation)) continue;
        const bytes = Uint8Array.from(party.shards.get(n) as Uint8Array);
        const masked = plan.bits === 8 ? bytes : new Uint16Array(bytes.buffer);
        for (let index = 0; index < wordCount; index += 1) total[index]! += masked[index]!;
      }
      applyMaskStreams({ bits: plan.bits, streams: streams.open(), words: total, wordOffset });
      for (const word of total) sum.push(word >= modulus / 2 ? word - modulus : word);
    }
    this.outcome = { opened: true, survivors, sum, scalars: openScalars(hub) };
    await this.stepHub({ type: 'sum-written', sumDigest: createHash('sha256').update(sum.join()).digest('hex') });
  }

  #crashesNow(): boolean {
    const now = this.persists === this.options.crashAfterPersist;
    this.persists += 1;
    return now;
  }
}
