// SPDX-License-Identifier: Apache-2.0
import type { RefusalReason } from '../file-outcome.ts';

/** What the thread that reads PDFs is asked, one at a time, and what it answers. */
export type PdfRequest =
  | { readonly kind: 'open'; readonly bytes: Uint8Array }
  /** Counted from 1. */
  | { readonly kind: 'page'; readonly page: number }
  | { readonly kind: 'close' };

export type PdfAnswer =
  | { readonly kind: 'opened'; readonly pages: number }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** Null when the page cannot be read. */
  | { readonly kind: 'page'; readonly text: string | null }
  | { readonly kind: 'closed' };
