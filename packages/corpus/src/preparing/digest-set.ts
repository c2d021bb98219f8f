// SPDX-License-Identifier: Apache-2.0

/**
 * A set of digests by their first 16 bytes: 32 bytes of memory each at most half full, where a set of strings takes hundreds. Two different
 * texts of 10^9 are taken for one with a chance below 10^-20.
 */
export class DigestSet {
  #slots = new Uint32Array(4 * 1_024);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** @param digest at least 32 hexadecimal characters @returns true when it was not there */
  add(digest: string): boolean {
    if (this.#count * 2 >= this.#slots.length / 4) this.#grow();
    const words = Uint32Array.from({ length: 4 }, (_, index) =>
      Number.parseInt(digest.slice(8 * index, 8 * index + 8), 16),
    );
    // All zero marks a free slot.
    if (words.every((word) => word === 0)) words[3] = 1;
    const at = this.#find(this.#slots, words);
    if (this.#isTaken(this.#slots, at)) return false;
    this.#slots.set(words, at);
    this.#count += 1;
    return true;
  }

  #isTaken(slots: Uint32Array, at: number): boolean {
    return (slots[at]! | slots[at + 1]! | slots[at + 2]! | slots[at + 3]!) !== 0;
  }

  #find(slots: Uint32Array, words: Uint32Array): number {
    const mask = slots.length / 4 - 1;
    let slot = words[0]! & mask;
    for (;;) {
      const at = 4 * slot;
      if (!this.#isTaken(slots, at)) return at;
      if (words.every((word, index) => slots[at + index] === word)) return at;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += 4) {
      if (!this.#isTaken(this.#slots, at)) continue;
      const words = this.#slots.slice(at, at + 4);
      larger.set(words, this.#find(larger, words));
    }
    this.#slots = larger;
  }
}
