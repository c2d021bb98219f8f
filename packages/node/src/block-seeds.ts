// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { openKeyStream } from '@kiban/crypto';

/**
 * Seeds of the rounding noise, 16 bytes for each block of the vector: an AES-256-CTR stream whose key is HMAC-SHA-256 of the instance under a
 * key that only this node knows. The instance's levels are the same when they are made again after a crash.
 * @returns a reader: the seeds of the next `blockCount` blocks, one behind another
 */
export function openBlockSeeds(noiseKey: Uint8Array, instance: string): (blockCount: number) => Uint8Array {
  const stream = openKeyStream(createHmac('sha256', noiseKey).update(instance).digest());
  return (blockCount) => stream.next(16 * blockCount);
}
