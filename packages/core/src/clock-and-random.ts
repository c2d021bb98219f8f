// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';

/** Wall clock, in milliseconds since 1970-01-01T00:00:00Z. */
export interface Clock {
  nowMs(): number;
}

/** Cryptographically strong bytes; tests give a recorded or seeded source. */
export interface RandomSource {
  bytes(length: number): Uint8Array;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
export const systemRandom: RandomSource = { bytes: (length) => new Uint8Array(randomBytes(length)) };
