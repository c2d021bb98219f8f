// SPDX-License-Identifier: Apache-2.0

/** What the node is doing now, for whoever looks; not stored. */
export interface Activity {
  /** preparing-data, training-start, training-round, evaluating, uploading, loading-model, training-local, idle */
  readonly kind: string;
  readonly done: number;
  readonly total: number;
  /** bytes, steps or shards. */
  readonly unit: string;
  readonly round?: number;
  readonly loss?: number;
  readonly sinceMs: number;
}

export class ActivityBoard {
  #current: Activity = { kind: 'idle', done: 0, total: 0, unit: '', sinceMs: Date.now() };

  get current(): Activity {
    return this.#current;
  }

  set(
    kind: string,
    done: number,
    total: number,
    unit: string,
    more: { readonly round?: number; readonly loss?: number } = {},
  ): void {
    const sinceMs =
      this.#current.kind === kind && this.#current.round === more.round ? this.#current.sinceMs : Date.now();
    this.#current = { kind, done, total, unit, sinceMs, ...more };
  }

  idle(): void {
    this.set('idle', 0, 0, '');
  }
}
