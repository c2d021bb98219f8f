// SPDX-License-Identifier: Apache-2.0
import type { ReadingLimits } from './reading-limits.ts';
import { Refusal } from './refusal.ts';

/** What one file of a folder may still decompress to and hold, counted through all that is nested in it. */
export class ExpansionBudget {
  readonly #maxEntries: number;
  #bytesLeft: number;
  #entries = 0;

  constructor(fileBytes: number, limits: ReadingLimits) {
    const byRatio = Math.max(limits.freeExpandedBytes, fileBytes * limits.maxExpansionRatio);
    this.#bytesLeft = Math.min(byRatio, limits.maxExpandedBytes);
    this.#maxEntries = limits.maxArchiveEntries;
  }

  /** @throws Refusal `too-many-entries` */
  takeEntry(): void {
    if (this.#entries >= this.#maxEntries) throw new Refusal('too-many-entries', String(this.#maxEntries));
    this.#entries += 1;
  }

  /** @throws Refusal `expands-too-much` when this many bytes would be too many; takes nothing */
  check(bytes: number): void {
    if (bytes > this.#bytesLeft) throw new Refusal('expands-too-much', String(bytes));
  }

  /** Takes text that a file repeats by reference. @throws Refusal `expands-too-much` */
  spend(characters: number): void {
    this.check(characters);
    this.#bytesLeft -= characters;
  }

  /**
   * Passes decompressed bytes on until they are too many. Looking at a sample is bounded but not taken from the budget.
   * @throws Refusal `expands-too-much`
   */
  async *meter(chunks: AsyncIterable<Buffer>, purpose: 'sample' | 'read'): AsyncGenerator<Buffer> {
    let seen = 0;
    for await (const chunk of chunks) {
      seen += chunk.length;
      this.check(purpose === 'sample' ? seen : chunk.length);
      if (purpose === 'read') this.#bytesLeft -= chunk.length;
      yield chunk;
    }
  }
}
