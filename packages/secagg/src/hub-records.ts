// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import type { MemberStage } from './effects.ts';

/** Base64 secrets that t members opened: own-mask seeds of U4, and the pair secrets between U3 \ U4 and U4. */
export interface OpenedSecrets {
  readonly seeds: readonly { readonly of: OrganisationId; readonly seed: string }[];
  readonly pairs: readonly {
    readonly survivor: OrganisationId;
    readonly dropped: OrganisationId;
    readonly secret: string;
  }[];
}

/** The hub's journal of one attempt. Everything else is derived from it again, bit for bit. Secret from `opened` on. */
export type HubRecord =
  | { readonly record: 'started'; readonly planText: string }
  | { readonly record: 'message'; readonly from: OrganisationId; readonly stage: MemberStage; readonly text: string }
  /** The list of a stage is fixed, with these members; before it is told to anybody. */
  | { readonly record: 'frozen'; readonly stage: FrozenStage; readonly members: readonly OrganisationId[] }
  | { readonly record: 'opened'; readonly secrets: OpenedSecrets }
  | { readonly record: 'summed'; readonly sumDigest: string }
  | { readonly record: 'aborted'; readonly code: string; readonly names: readonly OrganisationId[] }
  | { readonly record: 'closed' };

/** Stages that end with a list of members. */
export type FrozenStage = Exclude<MemberStage, 'opening' | 'complaint'>;
