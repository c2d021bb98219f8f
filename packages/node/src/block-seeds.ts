// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';

/**
 * Seeds of the rounding noise, one of 16 bytes per block: HMAC-SHA-256 of `INSTANCE/BLOCK` under a key that only this node knows. A block
 * rounded again, after a crash or alone, gives the same levels.
 */
export function blockSeeds(noiseKey: Uint8Array, instance: string): (block: number) => Uint8Array {
  return (block) => createHmac('sha256', noiseKey).update(`${instance}/${block}`).digest().subarray(0, 16);
}
