// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { currentStage, missingMembers, publishedList, type ShardDigest, shardPlace } from '@kiban/secagg';
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
    await live.check.shard(from, shard);
    if (live.spool.holds(from, shard, body.sha256)) return 'held';
    const leave = await this.#receptions.take();
    try {
      live.progress.heard(from);
      const onBytes = () => live.progress.heard(from);
      const stored = await live.spool.receive(from, shard, body, { onBytes, beforeNaming: requireOpen });
      if (stored === 'stored') {
        live.maskedBytes += body.byteLength;
        await live.check.received(from, shard);
      }
      live.progress.heard(from);
      return stored;
    } finally {
      leave();
    }
  }
}

/** What is durable of the member, looked at again. If its manifest fixes the survivors, the other members' shards are looked at too. */
export async function shardsForManifest(live: LiveAttempt, from: OrganisationId): Promise<ShardDigest[]> {
  await live.check.member(from);
  const isLast = missingMembers(live.state).every((member) => member === from);
  if (currentStage(live.state) === 'manifest' && isLast) await requireWholeSpool(live);
  return live.spool.held(from).map(({ shard, byteLength, sha256 }) => ({ n: shard, length: byteLength, sha256 }));
}

/**
 * Before the survivors are fixed: a member whose manifest was accepted sends nothing more, so a damaged shard of its cannot come again in this
 * attempt. It is given up while nothing is open, and the next one begins with fresh keys.
 */
export async function requireWholeSpool(live: LiveAttempt): Promise<void> {
  for (const member of live.state.received.manifest.keys())
    if (!(await live.check.member(member))) return live.apply({ type: 'abandon', code: 'shard-damaged', names: [] });
}
