// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId, Sealed } from '@kiban/core';

/** What a member sends, in order. `complaint` may take the place of any of the first three. */
export type MemberStage = 'advertise' | 'share' | 'confirm' | 'manifest' | 'signature' | 'opening' | 'complaint';

/** What the hub publishes, in order; `aborted` ends an attempt at any time before `result`. */
export type ListName = 'keys' | 'shares' | 'confirms' | 'survivors' | 'signatures' | 'result' | 'aborted';

/**
 * Lasting, public notes of a member about an instance. They outlive the attempt's secrets; without them a hub could ask for a second opening
 * under a later attempt. Idempotent: the same mark may be given twice.
 */
export interface AttemptMark {
  readonly instance: string;
  readonly attempt: number;
  readonly kind: 'joined' | 'signed' | 'released' | 'closed';
  /** Hex T4 for `signed` and `released`, empty otherwise. */
  readonly transcript: string;
}

/** Run strictly in order, each durable or done before the next. */
export type MemberEffect =
  /** Append to the attempt's secret journal and make durable. */
  | { readonly type: 'persist'; readonly record: Sealed<string> }
  /** Store for ever, outside the journal. */
  | { readonly type: 'mark'; readonly mark: AttemptMark }
  /** PUT to the hub; repeat until it answers. Status 410 (too late) is final and harmless. */
  | { readonly type: 'send'; readonly stage: MemberStage; readonly text: string }
  /** Masks are agreed: training for this attempt may begin. */
  | { readonly type: 'train' }
  /** Mask and upload the shards, then give `shards-uploaded`. */
  | { readonly type: 'upload' }
  /** Delete the secret journal of an attempt of this instance. */
  | { readonly type: 'erase'; readonly attempt: number };

export type HubEffect =
  | { readonly type: 'persist'; readonly record: Sealed<string> }
  /** A list is frozen; its text per member is `publishedList(state, list, organisation)`. */
  | { readonly type: 'publish'; readonly list: ListName }
  /** Enough shares were combined and checked: sum the survivors' shards, remove `openingStreams(state)`, then give `sum-written`. */
  | { readonly type: 'ready-to-open' }
  /** The attempt is over without a result. `burnt`: a survivor set was published, so the instance may have no further attempt. */
  | {
      readonly type: 'abort';
      readonly code: string;
      readonly names: readonly OrganisationId[];
      readonly burnt: boolean;
    }
  /** Delete the journal of secrets and the spool of this attempt. */
  | { readonly type: 'erase' };
