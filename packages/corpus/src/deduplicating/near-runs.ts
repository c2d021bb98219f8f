// SPDX-License-Identifier: Apache-2.0
import { leastEqualSlots, rowsPerBand, signatureBytes, slotCount } from './min-hash.ts';
import { recordBytes, recordOffsets } from './partition-format.ts';
import type { FingerprintReader } from './partition-reader.ts';
import type { UnionFind } from './union-find.ts';

/**
 * Confirms candidates: of documents with an equal band those pairs that have .80 of the slots equal are joined. In a run longer than the window
 * each document is compared with as many before it in the order of digests, which depends on the documents alone. Pairs that are joined already
 * are passed over. Memory: 452 bytes per document of the window, 24 per document of the longest run.
 */
export class NearRunComparer {
  readonly #reader: FingerprintReader;
  readonly #sets: UnionFind;
  readonly #window: Uint32Array;
  readonly #windowOrdinals: Uint32Array;
  readonly #record = Buffer.alloc(recordBytes);
  comparedPairs = 0;
  confirmedPairs = 0;

  /** @param window documents, 2 or more */
  constructor(reader: FingerprintReader, sets: UnionFind, window: number) {
    this.#window = new Uint32Array(window * slotCount);
    this.#windowOrdinals = new Uint32Array(window);
    this.#reader = reader;
    this.#sets = sets;
  }

  compare(band: number, run: Uint32Array): void {
    const sets = this.#sets;
    const root = sets.find(run[0]!);
    if (run.every((ordinal) => sets.find(ordinal) === root)) return;
    const ordered = this.#inDigestOrder(run);
    const window = this.#windowOrdinals.length;
    for (let index = 0; index < ordered.length; index += 1) {
      const ordinal = ordered[index]!;
      const place = index % window;
      this.#load(place, ordinal);
      for (let back = Math.max(0, index - window + 1); back < index; back += 1) {
        const otherPlace = back % window;
        const other = this.#windowOrdinals[otherPlace]!;
        if (sets.find(other) === sets.find(ordinal) || !this.#sameBand(band, place, otherPlace)) continue;
        this.comparedPairs += 1;
        if (!this.#alike(place, otherPlace)) continue;
        this.confirmedPairs += 1;
        sets.union(other, ordinal);
      }
    }
  }

  #inDigestOrder(run: Uint32Array): Uint32Array {
    const digest = Buffer.alloc(16 * run.length);
    const head = Buffer.alloc(recordOffsets.length);
    for (const [index, ordinal] of run.entries()) {
      this.#reader.readRecord(ordinal, head);
      head.copy(digest, 16 * index, recordOffsets.digest, recordOffsets.digest + 16);
    }
    const places = Uint32Array.from(run, (_, index) => index);
    places.sort((left, right) => digest.compare(digest, 16 * right, 16 * right + 16, 16 * left, 16 * left + 16));
    return places.map((place) => run[place]!);
  }

  #load(place: number, ordinal: number): void {
    this.#reader.readRecord(ordinal, this.#record);
    this.#windowOrdinals[place] = ordinal;
    const slots = new Uint8Array(this.#window.buffer, place * signatureBytes, signatureBytes);
    slots.set(this.#record.subarray(recordOffsets.signature));
  }

  /** Equal keys are equal bands but for one chance in 2^32. */
  #sameBand(band: number, left: number, right: number): boolean {
    const window = this.#window;
    for (let row = band * rowsPerBand; row < (band + 1) * rowsPerBand; row += 1)
      if (window[left * slotCount + row] !== window[right * slotCount + row]) return false;
    return true;
  }

  #alike(left: number, right: number): boolean {
    const window = this.#window;
    const [leftStart, rightStart] = [left * slotCount, right * slotCount];
    let unequal = 0;
    for (let slot = 0; slot < slotCount && unequal <= slotCount - leastEqualSlots; slot += 1)
      if (window[leftStart + slot] !== window[rightStart + slot]) unequal += 1;
    return unequal <= slotCount - leastEqualSlots;
  }
}
