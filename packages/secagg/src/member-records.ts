// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type OrganisationId, Sealed } from '@kiban/core';
import type { ShardDigest } from './events.ts';

/** A list as a member keeps it: enough to know it again and to go on from it. `digest` is the hex SHA-256 of its text. */
export interface KeptList {
  readonly digest: string;
  readonly members: readonly OrganisationId[];
  /** Hex T1 to T4; empty for `signatures`. */
  readonly transcript: string;
}

/** Two shares in base64: of the own-mask seed and of the box key. */
export interface SharePair {
  readonly self: string;
  readonly box: string;
}

/** A peer after the `keys` list. Bytes in base64. */
export interface KeptPeer {
  readonly organisation: OrganisationId;
  readonly x25519: string;
  /** What was encapsulated to the peer; it cannot be drawn again. */
  readonly encapsulated: string;
}

/**
 * The journal of one attempt, one record per transition. Every record holds all that was drawn for it and the exact text that is sent after it,
 * so a replay gives the same bytes and never draws again. Secret.
 */
export type MemberRecord =
  | {
      readonly record: 'started';
      readonly planText: string;
      readonly organisation: OrganisationId;
      readonly x25519Seed: string;
      readonly mlKemSeed: string;
      readonly message: string;
    }
  | {
      readonly record: 'shared';
      readonly list: KeptList;
      readonly peers: readonly KeptPeer[];
      readonly selfSeed: string;
      readonly boxKey: string;
      readonly ownShares: SharePair;
      readonly message: string;
    }
  | {
      readonly record: 'confirmed';
      readonly list: KeptList;
      readonly shares: readonly { readonly from: OrganisationId; readonly shares: SharePair }[];
      readonly pairs: readonly { readonly with: OrganisationId; readonly secret: string }[];
      readonly message: string;
    }
  | { readonly record: 'agreed'; readonly list: KeptList }
  | {
      readonly record: 'updated';
      readonly wordsDigest: string;
      readonly salt: string;
      /** Fixed-point integers in the plan's order. */
      readonly scalars: readonly number[];
    }
  | { readonly record: 'uploaded'; readonly shards: readonly ShardDigest[]; readonly message: string }
  | { readonly record: 'signed'; readonly list: KeptList; readonly message: string }
  | { readonly record: 'released'; readonly list: KeptList; readonly message: string }
  | { readonly record: 'closed'; readonly sumDigest: string }
  | {
      readonly record: 'stopped';
      readonly code: string;
      readonly against: readonly OrganisationId[];
      /** The complaint that is sent, or empty. */
      readonly message: string;
      /** The hub says that a survivor set of this instance was published. */
      readonly burnt: boolean;
    };

export function encodeRecord(record: object): Sealed<string> {
  return new Sealed(canonicalJson(record));
}
