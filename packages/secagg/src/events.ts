// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import type { ListName, MemberStage } from './effects.ts';

/** One uploaded shard: number from 0, length in bytes, lower-case hex SHA-256 of the masked bytes. */
export interface ShardDigest {
  readonly n: number;
  readonly length: number;
  readonly sha256: string;
}

export type MemberEvent =
  /** A list fetched from the hub, exactly as received. */
  | { readonly type: 'list-received'; readonly list: ListName; readonly text: string }
  /**
   * Quantised levels are durable on disk. `wordsDigest` is the hex SHA-256 of that file; `scalars` holds every scalar named in the plan, in its
   * own unit (the machine multiplies by the plan's `scale` and rounds).
   */
  | {
      readonly type: 'update-ready';
      readonly wordsDigest: string;
      readonly scalars: Readonly<Record<string, number>>;
    }
  /** The hub has acknowledged every shard. For a plan without words: an empty list. */
  | { readonly type: 'shards-uploaded'; readonly shards: readonly ShardDigest[] }
  /** The hub answers 410 for the whole attempt, or the node gives it up. Secrets go; marks stay. */
  | { readonly type: 'abandon'; readonly code: string };

export type HubEvent =
  | {
      readonly type: 'message-received';
      readonly from: OrganisationId;
      readonly stage: MemberStage;
      readonly text: string;
      /** Only with `manifest`: the member's shards that are durable in the spool. */
      readonly durableShards?: readonly ShardDigest[] | undefined;
    }
  /** Grace has passed: freeze the list of this stage with those who answered. Refused below the quorum. */
  | { readonly type: 'freeze'; readonly stage: MemberStage }
  /** The opened sum is durable; `sumDigest` is the hex SHA-256 of its file. */
  | { readonly type: 'sum-written'; readonly sumDigest: string }
  /** The service gives up, or the operator does. `names`: who is told as its cause; those awaited, if not given. */
  | { readonly type: 'abandon'; readonly code: string; readonly names?: readonly OrganisationId[] }
  /** The round's result is committed (or the abort was handled): secrets and spool may go. */
  | { readonly type: 'close' };
