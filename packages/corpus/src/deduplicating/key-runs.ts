// SPDX-License-Identifier: Apache-2.0

/**
 * Pairs of a 32-bit key and a document number, to find the documents that share a key. Memory: 8 bytes per document; sorting is in place.
 * Little-endian machines.
 */
export class KeyRuns {
  readonly #pairs: BigUint64Array;
  /** Of a pair the low word is the number, the high word the key. */
  readonly #words: Uint32Array;
  #count = 0;

  constructor(capacity: number) {
    this.#pairs = new BigUint64Array(capacity);
    this.#words = new Uint32Array(this.#pairs.buffer);
  }

  add(key: number, ordinal: number): void {
    this.#words[2 * this.#count] = ordinal;
    this.#words[2 * this.#count + 1] = key;
    this.#count += 1;
  }

  /** Numbers of documents with one key, for every key that two or more have; keys and numbers ascend. Once, after the last `add`. */
  *runs(): Generator<Uint32Array> {
    const words = this.#words;
    this.#pairs.subarray(0, this.#count).sort();
    for (let from = 0; from < this.#count; ) {
      const key = words[2 * from + 1]!;
      let to = from + 1;
      while (to < this.#count && words[2 * to + 1] === key) to += 1;
      if (to - from > 1) yield Uint32Array.from({ length: to - from }, (_, index) => words[2 * (from + index)]!);
      from = to;
    }
  }
}
