// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Sha256Digest, sha256Hex, writeFileDurably } from '@kiban/core';
import {
  MemberDocuments,
  type Merge,
  PersonalWords,
  readSplitTexts,
  reviewByDetector,
  reviewByWords,
  TokenTable,
} from '@kiban/corpus';
import {
  type FileReference,
  type HubClient,
  mergeListSchema,
  type OpenTokenizerRound,
  type ProgrammeState,
} from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import { plannedTokenizer, type RunPlan } from '@kiban/training';
import type { Kysely } from 'kysely';
import type { ActivityBoard } from './activity.ts';
import type { AggregationMember, Contribution } from './aggregation-member.ts';
import type { Approvals } from './approvals.ts';
import type { NodeConfig } from './config.ts';
import type { DataSets } from './data-sets.ts';
import { problems } from './problems.ts';
import { progressReporter } from './progress-reporter.ts';
import type { NodeSchema } from './schema.ts';
import { unexpectedInTokenizerSum, unexpectedTokenizerRound } from './tokenizer-expectation.ts';

export interface TokenizerMemberOptions {
  readonly config: NodeConfig;
  readonly hub: Pick<HubClient, 'postProgress'>;
  readonly aggregation: Pick<AggregationMember, 'run'>;
  readonly approvals: Pick<Approvals, 'get'>;
  readonly dataSets: Pick<DataSets, 'get'>;
  readonly database: Kysely<NodeSchema>;
  readonly events: EventLog;
  readonly activity: ActivityBoard;
  /** `DIR/programmes/<id>/tokenizer`, private: counts of open rounds. */
  readonly directory: string;
  /** A file of the programme, checked against its digest. @returns its path */
  readonly fetch: (file: FileReference, signal: AbortSignal) => Promise<string>;
}

/** This member's part in agreeing on a vocabulary: it counts over the approved documents and adds vectors of counts to masked sums. */
export class TokenizerMember {
  readonly #options: TokenizerMemberOptions;
  #documents: Promise<OwnDocuments> | undefined;

  constructor(options: TokenizerMemberOptions) {
    this.#options = options;
  }

  async takePart(state: ProgrammeState, plan: RunPlan, round: OpenTokenizerRound, signal: AbortSignal): Promise<void> {
    const { aggregation, events, activity, hub } = this.#options;
    const fault = unexpectedTokenizerRound({ state, plan, round });
    if (fault !== undefined) throw problems.baseNotTrusted(fault);
    const { instance, attempt } = round;
    const merges = await this.#mergeList(round.merges, signal);
    const candidates = round.candidates === null ? undefined : await this.#mergeList(round.candidates, signal);
    requireCandidates(merges, candidates, round);
    // Reading documents takes long: it shows as progress, or the member would count as away.
    const onDocument = progressReporter((step, steps) => hub.postProgress(instance, attempt, { step, steps }, signal));
    const outcome = await aggregation.run({
      instance,
      attempt,
      signal,
      expect: (asked) => unexpectedInTokenizerSum(asked, { state, plan, round }),
      limits: { lowQuorumApproved: true },
      contribute: () => this.#contribution({ state, plan, round, merges, candidates, onDocument, signal }),
      onShardUploaded: (done, total) => activity.set('uploading', done, total, 'shards'),
    });
    const kind = candidates === undefined ? 'pairs' : 'candidates';
    await events.record('tokens-counted', { round: round.round, kind, outcome }, state.programme);
    activity.set('waiting', 0, 0, '');
  }

  /** Documents and counts go; called once the vocabulary is settled. */
  async forget(): Promise<void> {
    this.#documents = undefined;
    await rm(this.#options.directory, { recursive: true, force: true });
  }

  /** Counted once for each instance: another attempt, or a restart, masks the same file; another question under the same name is refused. */
  async #contribution(question: Question): Promise<Contribution> {
    const { state, round, merges, candidates } = question;
    const { database, directory, activity, config } = this.#options;
    const { instance } = round;
    const asked = sha256Hex([state.planDigest, round.merges.digest, round.candidates?.digest ?? ''].join('\n'));
    const levelsPath = join(directory, `${instance}.levels`);
    const known = await database
      .selectFrom('token_count')
      .selectAll()
      .where('instance', '=', instance)
      .executeTakeFirst();
    if (known !== undefined && known.question !== asked)
      throw problems.baseNotTrusted(`${instance} was about something else before`);
    if (known !== undefined && existsSync(levelsPath))
      return { wordsDigest: known.words_digest, scalars: {}, levelsPath };
    activity.set('counting-tokens', 0, 1, 'round', { round: round.round });
    const { documents, personal } = await this.#ownDocuments(question);
    if (!documents.goesOn(merges)) throw problems.baseNotTrusted('the merges do not go on from those before');
    documents.apply(merges);
    const words = reviewByWords(config.vocabulary.neverWords);
    const objects = (token: string, held: number) =>
      words.objection(token) !== undefined ||
      reviewByDetector.objection(token) !== undefined ||
      personal.isPartOfNames(token, held);
    const seed = instance;
    const counts =
      candidates === undefined ? documents.sketch(seed) : documents.countCandidates(candidates, seed, objects);
    const bytes = new Uint8Array(counts.buffer, counts.byteOffset, counts.byteLength);
    const wordsDigest = sha256Hex(bytes) satisfies Sha256Digest;
    await writeFileDurably(levelsPath, bytes, { mode: 0o600 });
    const row = { question: asked, words_digest: wordsDigest };
    await database
      .insertInto('token_count')
      .values({ instance, ...row })
      .onConflict((conflict) => conflict.column('instance').doUpdateSet(row))
      .execute();
    return { wordsDigest, scalars: {}, levelsPath };
  }

  #ownDocuments(question: Question): Promise<OwnDocuments> {
    this.#documents ??= this.#read(question).catch((error: unknown) => {
      this.#documents = undefined;
      throw error;
    });
    return this.#documents;
  }

  /** Documents of the approved data sets, without those kept for evaluation and without personal data. */
  async #read({ state, plan, onDocument, signal }: Question): Promise<OwnDocuments> {
    const { approvals, dataSets, config, events } = this.#options;
    const approval = await approvals.get(state.programme);
    if (approval === undefined) throw problems.baseNotTrusted('nothing was approved');
    const rules = plannedTokenizer(plan);
    const documents = new MemberDocuments(rules);
    const personal = new PersonalWords();
    for (const id of approval.dataSets) {
      const { folder } = await dataSets.get(id);
      for await (const { text, isHeldOut } of readSplitTexts(folder, config.training.heldOutPerMille, { signal })) {
        if (documents.size >= rules.documentsPerMember) break;
        if (!isHeldOut) documents.add(personal.cut(text));
        onDocument(documents.size, rules.documentsPerMember);
      }
    }
    await events.record('documents-read-for-tokens', { documents: documents.size }, state.programme);
    return { documents, personal };
  }

  async #mergeList(file: FileReference, signal: AbortSignal): Promise<Merge[]> {
    return mergeListSchema.parse(JSON.parse(await readFile(await this.#options.fetch(file, signal), 'utf8')));
  }
}

interface OwnDocuments {
  readonly documents: MemberDocuments;
  /** Names that were found in them. */
  readonly personal: PersonalWords;
}

/** What the hub asks in one round, and whom to tell of progress. */
interface Question {
  readonly state: ProgrammeState;
  readonly plan: RunPlan;
  readonly round: OpenTokenizerRound;
  readonly merges: readonly Merge[];
  readonly candidates: readonly Merge[] | undefined;
  readonly onDocument: (step: number, steps: number) => void;
  readonly signal: AbortSignal;
}

/** Merges build on one another, and candidates are pairs of what they made: anything else is no question about a vocabulary. */
function requireCandidates(
  merges: readonly Merge[],
  candidates: readonly Merge[] | undefined,
  round: OpenTokenizerRound,
): void {
  const isBuilt = merges.every(([left, right], rank) => left < 256 + rank && right < 256 + rank);
  if (!isBuilt) throw problems.baseNotTrusted('merges of tokens that do not exist');
  if (candidates === undefined) return;
  const tokens = new TokenTable(merges);
  const isAsked = candidates.length === round.candidates?.count && candidates.every(([l, r]) => tokens.mayMerge(l, r));
  if (!isAsked) throw problems.baseNotTrusted('candidates that cannot be merged');
}
