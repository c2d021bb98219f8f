// SPDX-License-Identifier: Apache-2.0
import type { OrganisationId } from '@kiban/core';
import { type RefusalCode, refusalStatus } from './problems.ts';

/** Why something was turned down. The state from before stays valid. */
export interface Refusal {
  readonly code: RefusalCode;
  /** HTTP status that fits. */
  readonly status: number;
  /** Members that the refusal is about, if any. */
  readonly names: readonly OrganisationId[];
  /** Field, list or number that is wrong; safe to show. */
  readonly about: string;
}

export function refusalOf(code: RefusalCode, about = '', names: readonly OrganisationId[] = []): Refusal {
  return { code, status: refusalStatus(code), names, about };
}

/** Carries a refusal out of nested checks; never leaves this package, the step functions turn it into a value. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export function refuse(code: RefusalCode, about?: string, names?: readonly OrganisationId[]): never {
  throw new Refused(refusalOf(code, about, names));
}
