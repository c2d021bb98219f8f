// SPDX-License-Identifier: Apache-2.0
import type { FaultReason, FileFault } from './file-outcome.ts';

/** Told of each place where something was dropped; see {@link FileFault} for what `offset` and `line` count. */
export type FaultListener = (
  reason: FaultReason,
  offset: number,
  line: number,
  place?: Pick<FileFault, 'within' | 'refusal'>,
) => void;
