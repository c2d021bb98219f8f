// SPDX-License-Identifier: Apache-2.0
import type { Sealed, Sha256Digest } from '@kiban/core';
import { type AggregationPlan, type MaskStream, type ShardDigest, shardLayout } from '@kiban/secagg';
import { Lending } from './lending.ts';
import { type MaskedShard, type MaskingPool, shardsInFlight } from './masking-pool.ts';

export interface ShardUpload {
  readonly plan: AggregationPlan;
  readonly streams: Sealed<readonly MaskStream[]>;
  readonly levelsPath: string;
  readonly pool: MaskingPool;
  /** What the hub holds already: not sent again if the digest is the same. */
  readonly held: readonly { readonly shard: number; readonly sha256: Sha256Digest }[];
  /** Sends one shard until the hub has it; `over` when it takes no more. */
  readonly put: (shard: MaskedShard) => Promise<'stored' | 'over'>;
  readonly onUploaded: (done: number, total: number) => void;
}

/**
 * Masks and sends all shards: while {@link shardsInFlight} are on their way, the next ones are being masked. A slot is released only after its
 * shard was answered, so what a retry sends are the same bytes.
 * @returns digests in order for the manifest, or `over`
 */
export async function uploadShards(upload: ShardUpload): Promise<readonly ShardDigest[] | 'over'> {
  const { plan, streams, levelsPath, pool, held, put, onUploaded } = upload;
  const places = shardLayout(plan);
  const waiting = places.values();
  const done: ShardDigest[] = [];
  const sending = new Lending(Array.from({ length: shardsInFlight }, (_, index) => index));
  let stopped = false;

  const lane = async () => {
    for (const place of waiting) {
      if (stopped) return;
      const masked = await pool.mask({ plan, streams, levelsPath, shard: place });
      const turn = await sending.take();
      try {
        const { n, sha256 } = masked;
        const isHeld = held.some((one) => one.shard === n && one.sha256 === sha256);
        if (stopped || (!isHeld && (await put(masked)) === 'over')) {
          stopped = true;
          return;
        }
        done.push({ n, length: place.length, sha256 });
        onUploaded(done.length, places.length);
      } finally {
        sending.giveBack(turn);
        masked.release();
      }
    }
  };
  const lanes = Array.from({ length: Math.min(pool.slotCount, places.length) }, () =>
    lane().catch((error: unknown) => {
      stopped = true;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(lanes);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return stopped ? 'over' : done.sort((a, b) => a.n - b.n);
}
