// SPDX-License-Identifier: Apache-2.0
import type { Merge } from './bpe-trainer.ts';
import { PieceMerger } from './merge-piece.ts';
import { isAllowedToken } from './merge-rules.ts';
import { MergeTable } from './merge-table.ts';

/** Pieces whose ids are remembered in each of two generations, and the longest of them in UTF-16 code units: frequent pieces are short. */
const generationSize = 1 << 16;
const cachedPieceLength = 24;

/**
 * Ids of pieces. Where every token is a part of one character or whole characters, the merges inside a character come out the same whatever stands
 * beside it (a merge across characters needs both of them whole, so its rank is higher): they are done once for each character.
 */
export class PieceEncoder {
  readonly #merger: PieceMerger;
  readonly #specialCount: number;
  readonly #startsAtCharacters: boolean;
  /** Whole symbol of a character of the basic plane; 0 not known yet, -1 none. */
  readonly #symbolOf = new Int32Array(0x10000);
  #symbols = new Int32Array(256);
  #bytes = Buffer.alloc(1_024);
  #young = new Map<string, readonly number[]>();
  #old = new Map<string, readonly number[]>();

  /** @param tokens bytes of every symbol */
  constructor(merges: readonly Merge[], tokens: readonly Uint8Array[], specialCount: number) {
    this.#merger = new PieceMerger(new MergeTable(merges));
    this.#specialCount = specialCount;
    this.#startsAtCharacters = tokens.every(isAllowedToken);
  }

  /** Adds the ids of text[start, end), which is one piece. */
  encode(text: string, start: number, end: number, ids: number[]): void {
    if (end - start > cachedPieceLength) {
      const count = this.#merge(text, start, end);
      for (let at = 0; at < count; at += 1) ids.push(this.#symbols[at]! + this.#specialCount);
      return;
    }
    const piece = text.slice(start, end);
    let known = this.#young.get(piece);
    if (known === undefined) {
      known = this.#old.get(piece) ?? this.#idsOf(piece);
      if (this.#young.size >= generationSize) {
        this.#old = this.#young;
        this.#young = new Map();
      }
      this.#young.set(piece, known);
    }
    for (let at = 0; at < known.length; at += 1) ids.push(known[at]!);
  }

  #idsOf(piece: string): readonly number[] {
    const count = this.#merge(piece, 0, piece.length);
    return Array.from(this.#symbols.subarray(0, count), (symbol) => symbol + this.#specialCount);
  }

  /** @returns how many of `#symbols` the piece has */
  #merge(text: string, start: number, end: number): number {
    if (3 * (end - start) > this.#symbols.length) {
      this.#symbols = new Int32Array(6 * (end - start));
      this.#bytes = Buffer.alloc(6 * (end - start));
    }
    let count = 0;
    for (let at = start; at < end; ) {
      const codePoint = text.codePointAt(at)!;
      const width = codePoint > 0xffff ? 2 : 1;
      const symbol = this.#startsAtCharacters && width === 1 ? this.#wholeSymbol(text, at, codePoint) : -1;
      if (symbol >= 0) this.#symbols[count++] = symbol;
      else count += this.#putBytes(text.slice(at, at + width), count);
      at += width;
    }
    return this.#merger.merge(this.#symbols, count);
  }

  #wholeSymbol(text: string, at: number, codePoint: number): number {
    if (codePoint < 0x80) return codePoint;
    const known = this.#symbolOf[codePoint]!;
    if (known !== 0) return known;
    const symbols = new Int32Array(3);
    const length = this.#bytes.write(text.charAt(at), 'utf8');
    for (let byte = 0; byte < length; byte += 1) symbols[byte] = this.#bytes[byte]!;
    const symbol = this.#merger.merge(symbols, length) === 1 ? symbols[0]! : -1;
    this.#symbolOf[codePoint] = symbol;
    return symbol;
  }

  #putBytes(character: string, from: number): number {
    const length = this.#bytes.write(character, 'utf8');
    for (let byte = 0; byte < length; byte += 1) this.#symbols[from + byte] = this.#bytes[byte]!;
    return length;
  }
}
