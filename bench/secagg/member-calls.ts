// SPDX-License-Identifier: Apache-2.0
import type { AggregationPlan } from '@kiban/secagg';

/** What `member-process.ts` is asked. */
export interface Enrolment {
  readonly directory: string;
  readonly organisation: string;
  readonly hubOrigin: string;
  readonly invitation: string;
}

export interface RoundTask {
  readonly instance: string;
  readonly attempt: number;
  /** Kills itself with SIGKILL once half of its shards are at the hub. */
  readonly diesHalfway: boolean;
}

/** What a member saw of a round, times since 1970. */
export interface MemberRound {
  readonly outcome: 'opened' | 'over';
  readonly masksAgreedAtMs: number;
  readonly manifestSentAtMs: number;
  /** Bodies of all requests of the round. */
  readonly bodyBytes: number;
  /** Everything written to its sockets: bodies, headers, signatures. */
  readonly socketBytes: number;
}

export interface PlainUpload {
  readonly plan: AggregationPlan;
  readonly origin: string;
}
