// SPDX-License-Identifier: Apache-2.0

/** Rows of independent hashes; an estimate is their median. */
export const sketchRows = 5;

/**
 * Where pairs lie in a count sketch (Charikar, Chen, Farach-Colton 2002): each row adds a pair's value, with a sign, to one column. Sketches under
 * one seed add up word by word, so their sum can be opened alone. Pairs that no row of which collides come back exactly.
 */
export class SketchHashes {
  readonly width: number;
  readonly #seeds: Int32Array;
  /** Of the left symbol asked for last: pairs come by in its order. */
  readonly #leftHashes = new Int32Array(sketchRows);
  #left = -1;

  /** @param width a power of two */
  constructor(width: number, seed: string) {
    this.width = width;
    let state = 0x811c9dc5;
    for (let at = 0; at < seed.length; at += 1) state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
    this.#seeds = Int32Array.from({ length: sketchRows }, (_, row) => mix(state + Math.imul(row + 1, 0x9e3779b9)));
  }

  get length(): number {
    return sketchRows * this.width;
  }

  /** Adds a value to one pair of the sketch that begins at `offset`. */
  add(words: Int32Array, offset: number, left: number, right: number, value: number): void {
    for (let row = 0; row < sketchRows; row += 1) {
      const hash = this.#hash(row, left, right);
      const at = offset + row * this.width + (hash & (this.width - 1));
      words[at] = words[at]! + (hash < 0 ? -value : value);
    }
  }

  /** The pair's value in one row, with what collides there. */
  #rowValue(words: Int32Array, offset: number, row: number, left: number, right: number): number {
    const hash = this.#hash(row, left, right);
    const value = words[offset + row * this.width + (hash & (this.width - 1))]!;
    return hash < 0 ? -value : value;
  }

  /** For each cell whether it holds at least `least`, as it is and with its sign turned: small enough to stay in cache while all pairs are tried. */
  heavyCells(words: Int32Array, offset: number, least: number): Uint8Array {
    return Uint8Array.from({ length: this.length }, (_, at) => {
      const value = words[offset + at]!;
      return (value >= least ? 1 : 0) | (-value >= least ? 2 : 0);
    });
  }

  /** Whether the median can reach what {@link heavyCells} were chosen by. */
  isHeavy(cells: Uint8Array, left: number, right: number): boolean {
    let light = 0;
    for (let row = 0; row < sketchRows; row += 1) {
      const hash = this.#hash(row, left, right);
      const cell = cells[row * this.width + (hash & (this.width - 1))]!;
      if ((cell & (hash < 0 ? 2 : 1)) !== 0) continue;
      light += 1;
      if (light > sketchRows >> 1) return false;
    }
    return true;
  }

  /** Median over the rows. */
  estimate(words: Int32Array, offset: number, left: number, right: number): number {
    const values = Array.from({ length: sketchRows }, (_, row) => this.#rowValue(words, offset, row, left, right));
    return values.sort((a, b) => a - b)[sketchRows >> 1]!;
  }

  /** Column in the low bits, sign in the highest one. */
  #hash(row: number, left: number, right: number): number {
    if (left !== this.#left) {
      this.#left = left;
      this.#seeds.forEach((seed, index) => {
        this.#leftHashes[index] = mix(Math.imul(left, 0x9e3779b1) ^ seed);
      });
    }
    return mix(this.#leftHashes[row]! ^ Math.imul(right, 0x85ebca6b));
  }
}

/** MurmurHash3's finaliser. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
