// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger, Sha256Digest } from '@kiban/core';
import { openingStreams, openScalars } from '@kiban/secagg';
import type { EventLog } from '@kiban/store-sql';
import type { AttemptStore } from './attempt-store.ts';
import type { LiveAttempt } from './live-attempt.ts';
import { sumShardsInWorker } from './shard-summing-worker.ts';
import { DamagedShard } from './survivor-words.ts';

export interface SumOpeningOptions {
  readonly store: AttemptStore;
  readonly events: EventLog;
  readonly logger: Logger;
  /** Whether the attempt is still wanted. */
  readonly isLive: (live: LiveAttempt) => boolean;
  readonly onOpened: (programme: string) => void;
  readonly stopping: AbortSignal;
}

/**
 * A full disk may have room again: while the spool is whole, the sum is tried until it is there. When a survivor's shard is damaged there is no
 * right sum any more, and its masks are open: the attempt is given up, and nobody may be asked for another opening of it.
 */
export async function openSum(live: LiveAttempt, options: SumOpeningOptions): Promise<void> {
  const { instance, attempt } = live.plan;
  const { logger, isLive, stopping: signal } = options;
  for (let waitMs = 1_000; isLive(live); waitMs = Math.min(30_000, waitMs * 2)) {
    try {
      return await sumOnce(live, options);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof DamagedShard) {
        logger.error('shard-damaged', error, { instance, attempt, path: error.path });
        return await live.apply({ type: 'abandon', code: 'shard-damaged', names: [] });
      }
      logger.error('sum-failed', error, { instance, attempt });
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Sum, then the scalars, then the row; only then the machine hears of it. Done again from the spool after a crash, with the same bits. */
async function sumOnce(live: LiveAttempt, options: SumOpeningOptions): Promise<void> {
  const { store, events, onOpened } = options;
  const { plan, spool, maskedBytes } = live;
  const { survivors, words } = openingStreams(live.state);
  let sumDigest: string = '0'.repeat(64);
  if (plan.wordCount > 0) {
    const shardPaths = survivors.map((survivor) => spool.held(survivor).map((shard) => spool.pathOf(survivor, shard)));
    const shardDigests = survivors.map((survivor) => spool.held(survivor).map(({ sha256 }) => sha256));
    const streams = words.open();
    sumDigest = await sumShardsInWorker({ plan, shardPaths, shardDigests, streams, sumPath: spool.sumPath });
  }
  const scalars = Object.fromEntries(
    Object.entries(openScalars(live.state)).map(([name, scalar]) => [name, scalar.value]),
  );
  await store.markOpened(plan, { survivors, scalars, maskedBytes });
  await live.apply({ type: 'sum-written', sumDigest: sumDigest as Sha256Digest });
  const { instance, attempt, programme } = plan;
  await events.record('sum-opened', { instance, attempt, members: survivors, maskedBytes }, programme);
  onOpened(programme);
}
