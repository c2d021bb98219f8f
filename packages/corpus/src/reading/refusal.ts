// SPDX-License-Identifier: Apache-2.0
import type { RefusalReason } from './file-outcome.ts';

/** Ends the reading of one file or entry; never leaves `reading`. What was read before it is kept. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  readonly detail: string | null;

  constructor(reason: RefusalReason, detail: string | null = null) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}
