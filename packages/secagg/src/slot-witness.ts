// SPDX-License-Identifier: Apache-2.0

/** A slot of the transparency log: what its first entry says is the one truth about it. */
export interface Slot {
  readonly kind: 'plan' | 'survivors';
  readonly instance: string;
  readonly attempt: number;
}

/**
 * Lock B, optional. The service fetches witnessed checkpoints and answers from them.
 * Without it only lock A holds: a lying hub needs more than 2t - N - 1 colluding members.
 */
export interface SlotWitness {
  /** Hex digest in the first entry of a slot: P for `plan`, T4 for `survivors`. Undefined: no entry in a witnessed checkpoint. */
  firstEntry(slot: Slot): string | undefined;
}
