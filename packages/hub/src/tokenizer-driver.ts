// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, ProgrammeId, Sha256Digest } from '@kiban/core';
import {
  type AgreedMerge,
  acceptMerges,
  candidateColumns,
  countLimit,
  embeddedSpecialCount,
  mergeRoom,
  sketchRows,
  type TokenReview,
  type VocabularyShape,
} from '@kiban/corpus';
import type { AgreedTokenizerFiles, TokenRecord } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import { plannedThresholds, plannedTokenizer, type RunPlan } from '@kiban/training';
import type { AggregationService } from './aggregation-service.ts';
import type { OpenedSum } from './attempt-store.ts';
import type { Members } from './members.ts';
import { rosterOf } from './plan-roster.ts';
import { type ProgrammeRow, type Programmes, type TokenizerRoundRow, tokenizerInstance } from './programmes.ts';
import { emptySummary, summaryOf, type TokenizerRoundSummary, TokenizerRounds } from './tokenizer-rounds.ts';
import { readWords, type TokenizerTask } from './tokenizer-work.ts';
import { tokenizerWork } from './tokenizer-worker.ts';

export interface TokenizerDriverOptions {
  readonly programmes: Programmes;
  readonly members: Pick<Members, 'list'>;
  readonly aggregation: Pick<AggregationService, 'open' | 'outcome' | 'close'>;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly review: TokenReview;
  readonly workDirectory: string;
  /** Does the long work; by default in a thread. */
  readonly work?: typeof tokenizerWork;
  /** Ends threads when the hub stops; what they did is done again. */
  readonly signal: AbortSignal;
}

/**
 * Leads a coalition to its vocabulary: base merges from the public corpus, then rounds of two sums each (a sketch of all pairs, exact counts of the
 * heaviest), then the rest from the public corpus. Each step looks at what is stored and does the next thing once, as the driver of rounds does.
 */
export class TokenizerDriver {
  readonly #options: TokenizerDriverOptions;
  readonly #rounds: TokenizerRounds;

  constructor(options: TokenizerDriverOptions) {
    this.#options = options;
    this.#rounds = new TokenizerRounds(options);
  }

  /** One step; true when another may follow at once. */
  async step(row: ProgrammeRow, plan: RunPlan): Promise<boolean> {
    try {
      return await this.#step(row, plan);
    } catch (error) {
      if (this.#options.signal.aborted) return false;
      throw error;
    }
  }

  async #step(row: ProgrammeRow, plan: RunPlan): Promise<boolean> {
    const rounds = await this.#options.programmes.tokenizerRounds(row.programme);
    const last = rounds.at(-1);
    if (last === undefined) {
      const folder = await this.#publicFolder(row);
      const base = await this.#work({ kind: 'base', publicFolder: folder, shape: shapeOf(plan) });
      await this.#rounds.open(row.programme, 1, base);
      return true;
    }
    if (last.state === 'closed') return this.#afterRound(row, plan, rounds);
    return last.state === 'pairs' ? this.#sketching(row, plan, rounds, last) : this.#counting(row, plan, last);
  }

  async #sketching(
    row: ProgrammeRow,
    plan: RunPlan,
    rounds: readonly TokenizerRoundRow[],
    round: TokenizerRoundRow,
  ): Promise<boolean> {
    const rules = plannedTokenizer(plan);
    const sum = await this.#sumOf(row, plan, round, 2 * sketchRows * rules.sketchWidth);
    if (typeof sum === 'boolean') return sum;
    const candidates = await this.#work({
      kind: 'pairs',
      sumPath: sum.sumPath,
      merges: await this.#rounds.merges(round.merges_digest),
      seed: tokenizerInstance(row.programme, round.round, 'pairs'),
      rules,
      blocked: rounds.flatMap((one) => summaryOf(one).blocked),
    });
    if (candidates.length === 0) {
      await this.#rounds.close(round, emptySummary, sum);
      return true;
    }
    await this.#rounds.askAbout(round, candidates);
    return true;
  }

  async #counting(row: ProgrammeRow, plan: RunPlan, round: TokenizerRoundRow): Promise<boolean> {
    await this.#rounds.forget(round, 'pairs');
    const sum = await this.#sumOf(row, plan, round, candidateColumns * round.candidate_count);
    if (typeof sum === 'boolean') return sum;
    const merges = await this.#rounds.merges(round.merges_digest);
    const { accepted, refused } = acceptMerges(
      await this.#rounds.merges(round.candidates_digest as string),
      await readWords(sum.sumPath),
      merges,
      plannedTokenizer(plan),
      mergeRoom(shapeOf(plan)) - merges.length,
      this.#options.review,
    );
    const everybody = sum.survivors.length === plan.participants.length;
    const counts: Record<string, number> = {};
    for (const { reason } of refused) counts[reason] = (counts[reason] ?? 0) + 1;
    const summary: TokenizerRoundSummary = {
      accepted,
      // Support that a member's absence took away may come back with it.
      blocked: refused.filter(({ reason }) => reason !== 'support' || everybody).map(({ merge }) => merge),
      refused: counts,
    };
    await this.#rounds.close(round, summary, sum);
    return true;
  }

  /** Opens the sum that a round waits for. @returns it, or whether to step again */
  async #sumOf(
    row: ProgrammeRow,
    plan: RunPlan,
    round: TokenizerRoundRow,
    wordCount: number,
  ): Promise<OpenedSum | boolean> {
    const { aggregation } = this.#options;
    const instance = tokenizerInstance(row.programme, round.round, round.state);
    const attempt = round.state === 'pairs' ? round.pairs_attempt : round.candidates_attempt;
    await aggregation.open(await this.#aggregationPlan(row, plan, round, { instance, attempt, wordCount }));
    const outcome = await aggregation.outcome(instance, attempt);
    if (outcome.state === 'open') return false;
    if (outcome.state === 'opened') return outcome.sum;
    if (outcome.state === 'aborted') {
      await this.#rounds.retry(round, outcome.reason);
      await aggregation.close(instance, attempt);
      return true;
    }
    // Void for ever: another round asks anew, under another name.
    await this.#rounds.close(round, emptySummary, undefined);
    return true;
  }

  async #afterRound(row: ProgrammeRow, plan: RunPlan, rounds: readonly TokenizerRoundRow[]): Promise<boolean> {
    const rules = plannedTokenizer(plan);
    const last = rounds.at(-1)!;
    await this.#rounds.forget(last, 'pairs');
    await this.#rounds.forget(last, 'candidates');
    const { accepted } = summaryOf(last);
    const merges = [...(await this.#rounds.merges(last.merges_digest)), ...accepted.map(({ merge }) => merge)];
    // A full list without a merge hides pairs behind it: those that were refused give way in the next round.
    const isDone = accepted.length === 0 && last.candidate_count < rules.candidates && last.members > 0;
    if (isDone || merges.length >= mergeRoom(shapeOf(plan)) || rounds.length >= rules.maximumRounds)
      await this.#finish(row, plan, rounds);
    else await this.#rounds.open(row.programme, last.round + 1, merges);
    return true;
  }

  async #finish(row: ProgrammeRow, plan: RunPlan, rounds: readonly TokenizerRoundRow[]): Promise<void> {
    const { programmes, events } = this.#options;
    const agreed = rounds.flatMap((one): AgreedMerge[] =>
      summaryOf(one).accepted.map(({ merge, support }) => ({ merge, support, round: one.round })),
    );
    const result = await this.#work({
      kind: 'finish',
      publicFolder: await this.#publicFolder(row),
      shape: shapeOf(plan),
      base: await this.#rounds.merges(rounds[0]!.merges_digest),
      agreed,
    });
    const refused: Record<string, number> = {};
    for (const one of rounds)
      for (const [reason, count] of Object.entries(summaryOf(one).refused))
        refused[reason] = (refused[reason] ?? 0) + count;
    const record: TokenRecord = {
      version: 1,
      programme: row.programme as ProgrammeId,
      planDigest: row.plan_digest as Sha256Digest,
      tokens: result.newTokens.map((token) => ({ ...token, text: token.text ?? null })),
      refused,
    };
    const files: AgreedTokenizerFiles = {
      tokenizer: await this.#options.blobs.put(Buffer.from(result.tokenizerJson)),
      publicOnly: await this.#options.blobs.put(Buffer.from(result.publicOnlyJson)),
      record: await this.#rounds.putJson(record),
      rounds: rounds.length,
      agreedMerges: agreed.length,
      newTokens: record.tokens.length,
    };
    await programmes.change(row.programme, async (_, transaction) => {
      await transaction
        .updateTable('programme')
        .set({ tokenizer_json: JSON.stringify(files) })
        .where('programme', '=', row.programme)
        .execute();
      const { agreedMerges, newTokens } = files;
      await events.record(
        'tokenizer-agreed',
        { rounds: rounds.length, agreedMerges, newTokens },
        row.programme,
        transaction,
      );
      await programmes.setPhase(transaction, row.programme, 'preparing');
    });
    await rm(this.#folderOf(row), { recursive: true, force: true });
  }

  async #aggregationPlan(
    row: ProgrammeRow,
    plan: RunPlan,
    round: TokenizerRoundRow,
    sum: Pick<AggregationPlan, 'instance' | 'attempt' | 'wordCount'>,
  ): Promise<AggregationPlan> {
    return {
      version: 1,
      programme: row.programme as ProgrammeId,
      ...sum,
      roster: await rosterOf(plan, this.#options.members),
      ...plannedThresholds(plan),
      baseDigest: round.merges_digest as Sha256Digest,
      bits: 32,
      levelLimit: countLimit,
      // What is asked about: the candidates, or all pairs of these merges.
      scalesDigest: (round.candidates_digest ?? round.merges_digest) as Sha256Digest,
      scalars: [],
      shardBytes: plan.aggregation.shardBytes,
      prg: 'aes-256-ctr/v1',
      graceMs: plan.aggregation.graceMs,
      termsDigest: row.plan_digest as Sha256Digest,
    };
  }

  #work<T extends TokenizerTask>(task: T) {
    const { work = tokenizerWork, signal } = this.#options;
    return work(task, signal);
  }

  #folderOf(row: ProgrammeRow): string {
    return join(this.#options.workDirectory, `${row.programme}.tokenizer`);
  }

  /** The public corpus as a folder of its own, as the reader of folders wants it. */
  async #publicFolder(row: ProgrammeRow): Promise<string> {
    const folder = this.#folderOf(row);
    await mkdir(folder, { recursive: true });
    const corpus = this.#options.blobs.filePath(row.public_corpus_digest as Sha256Digest);
    await copyFile(corpus, join(folder, 'public.jsonl'));
    return folder;
  }
}

function shapeOf(plan: RunPlan): VocabularyShape {
  return {
    vocabularySize: plan.model.vocabularySize,
    specialCount: embeddedSpecialCount,
    publicShare: plan.tokenizer.publicShare,
  };
}
