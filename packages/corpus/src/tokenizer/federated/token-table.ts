// SPDX-License-Identifier: Apache-2.0
import type { Merge } from '../bpe-trainer.ts';
import { isAllowedToken, isWholeCharacters } from '../merge-rules.ts';

/** The symbols that merges have made so far, with their bytes, and which pairs may be merged next. */
export class TokenTable {
  readonly #tokens: Buffer[] = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
  readonly #known = new Set(this.#tokens.map((token) => token.toString('latin1')));

  constructor(merges: readonly Merge[] = []) {
    for (const merge of merges) this.add(merge);
  }

  get size(): number {
    return this.#tokens.length;
  }

  add([left, right]: Merge): void {
    const token = this.bytesOf(left, right);
    this.#tokens.push(token);
    this.#known.add(token.toString('latin1'));
  }

  /** Bytes of the token that a pair would give. @throws RangeError for a symbol that is not there */
  bytesOf(left: number, right: number): Buffer {
    const [first, second] = [this.#tokens[left], this.#tokens[right]];
    if (first === undefined || second === undefined) throw new RangeError('a merge of symbols that do not exist');
    return Buffer.concat([first, second]);
  }

  symbolBytes(symbol: number): Buffer {
    return this.#tokens[symbol]!;
  }

  /** Both symbols exist, and what they give is new and neither too long nor characters mixed with parts of them. */
  mayMerge(left: number, right: number): boolean {
    if (left >= this.size || right >= this.size) return false;
    const token = this.bytesOf(left, right);
    return isAllowedToken(token) && !this.#known.has(token.toString('latin1'));
  }
}

/** Text of a token, or undefined for a part of a character. */
export function textOfToken(token: Buffer): string | undefined {
  return isWholeCharacters(token) ? token.toString('utf8') : undefined;
}
