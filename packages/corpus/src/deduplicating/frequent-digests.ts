// SPDX-License-Identifier: Apache-2.0

/** Counts digests of 64 bits in open addressing; both halves of a digest are words. Memory: 12 bytes per place, at most half of them taken. */
class DigestTable {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly counts: Uint32Array;
  readonly #mask: number;
  size = 0;

  constructor(entries: number) {
    const places = 1 << Math.max(4, Math.ceil(Math.log2(2 * entries + 2)));
    this.high = new Uint32Array(places);
    this.low = new Uint32Array(places);
    this.counts = new Uint32Array(places);
    this.#mask = places - 1;
  }

  /** Place of a digest, or of the hole where it belongs (count 0). */
  find(high: number, low: number): number {
    let place = Math.imul(high ^ low, 0x9e3779b1) & this.#mask;
    while (this.counts[place] !== 0 && (this.high[place] !== high || this.low[place] !== low))
      place = (place + 1) & this.#mask;
    return place;
  }

  add(high: number, low: number, count: number): void {
    const place = this.find(high, low);
    if (this.counts[place] === 0) {
      this.high[place] = high;
      this.low[place] = low;
      this.size += 1;
    }
    this.counts[place]! += count;
  }
}

/**
 * A superset of all digests that occur more than `total / (most + 1)` times in a stream of `total`, in one pass and with memory that does not
 * grow: the summary of Misra and Gries (1982), pruned in batches (Agarwal et al. 2012). Memory: 48 bytes times `most`, rounded up to a power of 2.
 */
export class FrequentDigests {
  readonly #most: number;
  #table: DigestTable;

  constructor(most: number) {
    this.#most = most;
    this.#table = new DigestTable(2 * most);
  }

  add(high: number, low: number): void {
    this.#table.add(high, low, 1);
    if (this.#table.size >= 2 * this.#most) this.#prune();
  }

  /** A counter for what may be frequent, all counts at 0. */
  candidates(): DigestCounter {
    const { high, low, counts } = this.#table;
    const found: [number, number][] = [];
    for (let place = 0; place < counts.length; place += 1)
      if (counts[place] !== 0) found.push([high[place]!, low[place]!]);
    return new DigestCounter(found);
  }

  #prune(): void {
    const { high, low, counts } = this.#table;
    const held = counts.filter((count) => count !== 0).sort();
    const less = held[held.length - this.#most - 1]!;
    this.#table = new DigestTable(2 * this.#most);
    for (let place = 0; place < counts.length; place += 1)
      if (counts[place]! > less) this.#table.add(high[place]!, low[place]!, counts[place]! - less);
  }
}

/** Exact counts of the digests that it was made with; others are passed over. */
export class DigestCounter {
  readonly #table: DigestTable;

  constructor(digests: readonly (readonly [high: number, low: number])[]) {
    this.#table = new DigestTable(digests.length);
    // One more than seen, as 0 is a hole.
    for (const [high, low] of digests) this.#table.add(high, low, 1);
  }

  count(high: number, low: number): void {
    const place = this.#table.find(high, low);
    if (this.#table.counts[place] !== 0) this.#table.counts[place]! += 1;
  }

  /** Digests counted more often than `least`, as 16 hexadecimal characters. */
  above(least: number): Set<string> {
    const { high, low, counts } = this.#table;
    const found = new Set<string>();
    for (let place = 0; place < counts.length; place += 1)
      if (counts[place]! - 1 > least) found.add(word(high[place]!) + word(low[place]!));
    return found;
  }
}

function word(value: number): string {
  return value.toString(16).padStart(8, '0');
}
