// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { publishedList, shardPlace } from '@kiban/secagg';
import type { LiveAttempt } from './live-attempt.ts';
import { problems } from './problems.ts';
import { ReceptionPlaces } from './reception-places.ts';
import type { ShardBody } from './shard-reception.ts';

/** Shards received at the same time, of all attempts together: bounds open files and unfinished writes. */
const mostReceptions = 16;
/** Two shards of each of 32 members, of several attempts. */
const mostWaitingReceptions = 256;

/** Takes in the shards of all attempts. Bytes that arrive count as progress of the member. */
export class ShardIntake {
  readonly #receptions = new ReceptionPlaces({ places: mostReceptions, mostWaiting: mostWaitingReceptions });

  /**
   * Durable when this ends.
   * @param isLive whether the attempt is still the one that is served
   * @throws KibanError `shard-refused` (409 another digest, 410 too late, 422 not what the plan or the sender announced), `receptions-full`
   */
  async put(
    live: LiveAttempt,
    from: OrganisationId,
    shard: number,
    body: ShardBody,
    isLive: () => boolean,
  ): Promise<'stored' | 'held'> {
    const expected = shardPlace(live.plan, shard);
    if (expected === undefined) throw problems.shardRefused(`the plan has no shard ${shard}`, 422);
    if (body.byteLength !== expected.length)
      throw problems.shardRefused(`shard ${shard} has ${body.byteLength} bytes; the plan says ${expected.length}`, 422);
    const requireOpen = () => {
      if (!isLive()) throw problems.attemptOver('closed');
      if (publishedList(live.state, 'survivors', from) !== undefined)
        throw problems.shardRefused('the survivors are fixed', 410);
    };
    requireOpen();
    if (live.spool.holds(from, shard, body.sha256)) return 'held';
    const leave = await this.#receptions.take();
    try {
      live.progress.heard(from);
      const onBytes = () => live.progress.heard(from);
      const stored = await live.spool.receive(from, shard, body, { onBytes, beforeNaming: requireOpen });
      if (stored === 'stored') live.maskedBytes += body.byteLength;
      live.progress.heard(from);
      return stored;
    } finally {
      leave();
    }
  }
}
