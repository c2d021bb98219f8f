// SPDX-License-Identifier: Apache-2.0
import { engineBusy, engineUnavailable } from './inference-problems.ts';

interface Waiter {
  admit(): void;
  refuse(error: unknown): void;
}

/** A fixed number of slots and a bounded line of those who wait for one, first come first served. */
export class SlotQueue {
  readonly #waiting: Waiter[] = [];
  readonly #maximumWaiting: number;
  readonly #retryAfterMs: number;
  #free: number;
  #closed = false;

  constructor(options: { readonly slots: number; readonly maximumWaiting: number; readonly retryAfterMs?: number }) {
    this.#free = options.slots;
    this.#maximumWaiting = options.maximumWaiting;
    this.#retryAfterMs = options.retryAfterMs ?? 1000;
  }

  /**
   * Resolves with the function that gives the slot back, to be called exactly once.
   * @throws KibanError engine-busy if the line is full, engine-unavailable if closed before a slot was free; the reason of `signal` on abort.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#closed) throw engineUnavailable();
    if (this.#free > 0) this.#free -= 1;
    else if (this.#waiting.length >= this.#maximumWaiting) throw engineBusy(this.#retryAfterMs);
    else await this.#wait(signal);
    return () => this.#release();
  }

  /** Refuses those who wait and all who come; slots in use stay in use. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(engineUnavailable());
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void) => {
        signal?.removeEventListener('abort', leave);
        settled();
      };
      const waiter: Waiter = { admit: () => settle(resolve), refuse: (error) => settle(() => reject(error)) };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** A slot goes straight to the next in line, so that a newcomer cannot overtake. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.admit();
  }
}
