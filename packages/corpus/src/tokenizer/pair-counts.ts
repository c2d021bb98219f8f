// SPDX-License-Identifier: Apache-2.0

/** Numbers of pairs of symbols in order of appearance, with their counts: open addressing over typed arrays, since millions of pairs come by. */
export class PairCounts {
  #left = new Int32Array(1 << 16);
  #right = new Int32Array(1 << 16);
  /** Occurrences by pair number; grows, so it is read anew after `number`. */
  counts = new Float64Array(1 << 16);
  /** Slot to pair number + 1; 0 is free. */
  #slots = new Int32Array(1 << 17);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  left(pair: number): number {
    return this.#left[pair]!;
  }

  right(pair: number): number {
    return this.#right[pair]!;
  }

  /** The pair's number; a new pair gets the next one, with count 0. */
  number(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashPair(left, right) & mask;
    for (;;) {
      const pair = this.#slots[slot]! - 1;
      if (pair < 0) return this.#add(left, right, slot);
      if (this.#left[pair] === left && this.#right[pair] === right) return pair;
      slot = (slot + 1) & mask;
    }
  }

  #add(left: number, right: number, slot: number): number {
    const pair = this.#size;
    if (pair === this.#left.length) {
      this.#grow();
      return this.number(left, right);
    }
    this.#left[pair] = left;
    this.#right[pair] = right;
    this.#slots[slot] = pair + 1;
    this.#size = pair + 1;
    return pair;
  }

  #grow(): void {
    const capacity = 2 * this.#left.length;
    this.#left = grown(this.#left, new Int32Array(capacity));
    this.#right = grown(this.#right, new Int32Array(capacity));
    this.counts = grown(this.counts, new Float64Array(capacity));
    this.#slots = new Int32Array(2 * capacity);
    const mask = 2 * capacity - 1;
    for (let pair = 0; pair < this.#size; pair += 1) {
      let slot = hashPair(this.#left[pair]!, this.#right[pair]!) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = pair + 1;
    }
  }
}

export function hashPair(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

export function grown<T extends Int32Array | Float64Array>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}
