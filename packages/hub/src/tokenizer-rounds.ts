// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import type { Clock, Sha256Digest } from '@kiban/core';
import type { AgreedMerge, Merge } from '@kiban/corpus';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import type { AggregationService } from './aggregation-service.ts';
import type { OpenedSum } from './attempt-store.ts';
import { type Programmes, type TokenizerRoundRow, tokenizerInstance } from './programmes.ts';
import type { HubSchema } from './schema.ts';

/** What became of a round, kept with its row: the next rounds and the record follow from these alone. */
export interface TokenizerRoundSummary {
  readonly accepted: readonly Omit<AgreedMerge, 'round'>[];
  /** Not asked about again. */
  readonly blocked: readonly Merge[];
  readonly refused: Readonly<Record<string, number>>;
}

export const emptySummary: TokenizerRoundSummary = { accepted: [], blocked: [], refused: {} };

export function summaryOf(round: Pick<TokenizerRoundRow, 'summary_json'>): TokenizerRoundSummary {
  return round.summary_json === null ? emptySummary : (JSON.parse(round.summary_json) as TokenizerRoundSummary);
}

export interface TokenizerRoundsOptions {
  readonly programmes: Programmes;
  readonly aggregation: Pick<AggregationService, 'close'>;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly clock: Clock;
}

type RoundEvent = readonly [name: string, data: Readonly<Record<string, unknown>>];

/** The rows of the rounds on a tokenizer, and the lists that they name; each change is one transaction with its event. */
export class TokenizerRounds {
  readonly #options: TokenizerRoundsOptions;

  constructor(options: TokenizerRoundsOptions) {
    this.#options = options;
  }

  async open(programme: string, round: number, merges: readonly Merge[]): Promise<void> {
    const { programmes, clock } = this.#options;
    const stored = await this.putJson(merges);
    await programmes.change(programme, async (_, transaction) => {
      await transaction
        .insertInto('tokenizer_round')
        .values({
          programme,
          round,
          state: 'pairs',
          pairs_attempt: 1,
          candidates_attempt: 0,
          merges_digest: stored.digest,
          candidates_digest: null,
          candidate_count: 0,
          members: 0,
          opened_at_ms: clock.nowMs(),
          summary_json: null,
        })
        .execute();
    });
  }

  async askAbout(round: TokenizerRoundRow, candidates: readonly Merge[]): Promise<void> {
    const stored = await this.putJson(candidates);
    await this.#change(round, {
      state: 'candidates',
      candidates_attempt: 1,
      candidates_digest: stored.digest,
      candidate_count: candidates.length,
    });
  }

  /** Another attempt at the sum that the round waits for. */
  async retry(round: TokenizerRoundRow, reason: string): Promise<void> {
    const column = round.state === 'pairs' ? 'pairs_attempt' : 'candidates_attempt';
    const attempt = round[column] + 1;
    await this.#change(round, { [column]: attempt }, ['attempt-retried', { round: round.round, attempt, reason }]);
  }

  /** @param sum undefined when the round came to nothing */
  async close(round: TokenizerRoundRow, summary: TokenizerRoundSummary, sum: OpenedSum | undefined): Promise<void> {
    const members = sum?.survivors.length ?? 0;
    const event = {
      round: round.round,
      members,
      candidates: round.candidate_count,
      accepted: summary.accepted.length,
      refused: summary.refused,
      durationMs: Math.max(0, this.#options.clock.nowMs() - round.opened_at_ms),
    };
    const values = { state: 'closed', members, summary_json: JSON.stringify(summary) };
    await this.#change(round, values, ['tokenizer-round-closed', event]);
  }

  /** The result of a sum is stored: its secrets and spool may go. Done again after a crash, it changes nothing. */
  async forget(round: TokenizerRoundRow, kind: 'pairs' | 'candidates'): Promise<void> {
    const attempt = round[`${kind}_attempt`];
    if (attempt === 0) return;
    await this.#options.aggregation.close(tokenizerInstance(round.programme, round.round, kind), attempt);
  }

  async merges(digest: string): Promise<Merge[]> {
    return JSON.parse(await readFile(this.#options.blobs.filePath(digest as Sha256Digest), 'utf8')) as Merge[];
  }

  putJson(value: unknown) {
    return this.#options.blobs.put(Buffer.from(JSON.stringify(value)));
  }

  async #change(
    round: TokenizerRoundRow,
    values: Partial<HubSchema['tokenizer_round']>,
    event?: RoundEvent,
  ): Promise<void> {
    const { programmes, events } = this.#options;
    const { programme } = round;
    await programmes.change(programme, async (_, transaction) => {
      await transaction
        .updateTable('tokenizer_round')
        .set(values)
        .where('programme', '=', programme)
        .where('round', '=', round.round)
        .execute();
      if (event !== undefined) await events.record(event[0], event[1], programme, transaction);
    });
  }
}
