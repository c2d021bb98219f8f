// SPDX-License-Identifier: Apache-2.0
import type { Clock, OrganisationId } from '@kiban/core';

/** When each member of an attempt last got further: a message, bytes of a shard, a training step. How long something took is never asked. */
export class MemberProgress {
  readonly #clock: Clock;
  readonly #known = new Map<OrganisationId, { readonly atMs: number; readonly step: number }>();
  #stageSinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stageSinceMs = clock.nowMs();
  }

  /** A message or bytes arrived. */
  heard(member: OrganisationId): void {
    const step = this.#known.get(member)?.step ?? -1;
    this.#known.set(member, { atMs: this.#clock.nowMs(), step });
  }

  /** Another step than before counts, not only a later one: a member that was restarted begins again at an earlier checkpoint. */
  reported(member: OrganisationId, step: number): void {
    if (step !== this.#known.get(member)?.step) this.#known.set(member, { atMs: this.#clock.nowMs(), step });
  }

  /** Everybody's silence is counted from now at the earliest. */
  beginStage(): void {
    this.#stageSinceMs = this.#clock.nowMs();
  }

  silentForMs(member: OrganisationId): number {
    return this.#clock.nowMs() - Math.max(this.#stageSinceMs, this.#known.get(member)?.atMs ?? 0);
  }
}
