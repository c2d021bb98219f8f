// SPDX-License-Identifier: Apache-2.0
import type { KibanError } from '@kiban/core';

/** A hub, or a proxy before it, that asks for more is asked again after this. */
const longestPauseMs = 60_000;

/** How long to wait before a call is repeated: what its answer asked for (`Retry-After`, RFC 9110 section 10.2.3) within bounds, and never less than the caller's own pace. */
export function pauseMs(error: KibanError, ownMs: number): number {
  const asked = error.extra.retryAfterSeconds;
  const askedMs = typeof asked === 'number' && asked >= 0 ? asked * 1_000 : 0;
  return Math.max(ownMs, Math.min(longestPauseMs, askedMs));
}
