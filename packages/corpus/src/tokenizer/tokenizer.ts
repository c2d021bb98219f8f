// SPDX-License-Identifier: Apache-2.0
import type { Sha256Digest } from '@kiban/core';
import type { ChatMessage } from '../reading/text-record.ts';
import { countWords, type Merge, trainMerges } from './bpe-trainer.ts';
import { preSplit } from './pre-split.ts';
import { embeddedSpecialCount, specialIds } from './special-tokens.ts';

/** Largest number of pieces whose ids are remembered. */
const cacheLimit = 50_000;

/**
 * Byte-level BPE. Ids: control tokens, then the 256 bytes, then the merges in order, then reserve up to the vocabulary size. Any bytes can be
 * encoded; names of control tokens typed in a text stay text.
 */
export class Tokenizer {
  readonly specialCount: number;
  readonly merges: readonly Merge[];
  readonly vocabularySize: number;
  /** SHA-256 of the tokenizer.json that it came from or was written to. */
  readonly digest: Sha256Digest;
  readonly #ranks: ReadonlyMap<number, number>;
  readonly #bytes: readonly Uint8Array[];
  readonly #cache = new Map<string, readonly number[]>();

  constructor(parts: { specialCount: number; merges: readonly Merge[]; vocabularySize: number; digest: Sha256Digest }) {
    this.specialCount = parts.specialCount;
    this.merges = parts.merges;
    this.vocabularySize = parts.vocabularySize;
    this.digest = parts.digest;
    this.#ranks = new Map(parts.merges.map(([left, right], rank) => [left * 0x100000 + right, rank]));
    const bytes: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    for (const [left, right] of parts.merges) bytes.push(Buffer.concat([bytes[left]!, bytes[right]!]));
    this.#bytes = bytes;
  }

  /** Bytes of a symbol: 0-255 a byte, 256 + n the n-th merge. */
  symbolBytes(symbol: number): Uint8Array {
    return this.#bytes[symbol]!;
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const piece of preSplit(text)) for (const id of this.#encodePiece(piece)) ids.push(id);
    return ids;
  }

  /** The chat format: `<|begin|>`, then per message its role, its text, `<|eot|>`; at the end the assistant's role when an answer is wanted. */
  encodeChat(messages: readonly ChatMessage[], options: { readonly addGenerationPrompt?: boolean } = {}): number[] {
    const ids: number[] = [specialIds.begin];
    for (const message of messages)
      ids.push(specialIds[message.role], ...this.encode(message.content), specialIds.endOfTurn);
    if (options.addGenerationPrompt === true) ids.push(specialIds.assistant);
    return ids;
  }

  /** Control tokens give nothing; bytes that are no character give U+FFFD. */
  decode(ids: readonly number[]): string {
    const parts = ids.map((id) => this.#bytes[id - this.specialCount] ?? new Uint8Array(0));
    return Buffer.concat(parts).toString('utf8');
  }

  #encodePiece(piece: string): readonly number[] {
    const known = this.#cache.get(piece);
    if (known !== undefined) return known;
    const symbols = [...Buffer.from(piece, 'utf8')];
    while (symbols.length > 1) {
      let best = -1;
      let bestRank = Number.POSITIVE_INFINITY;
      for (let index = 0; index + 1 < symbols.length; index += 1) {
        const rank = this.#ranks.get(symbols[index]! * 0x100000 + symbols[index + 1]!);
        if (rank !== undefined && rank < bestRank) {
          best = index;
          bestRank = rank;
        }
      }
      if (best < 0) break;
      symbols.splice(best, 2, 256 + bestRank);
    }
    const ids = symbols.map((symbol) => symbol + this.specialCount);
    if (this.#cache.size >= cacheLimit) this.#cache.clear();
    this.#cache.set(piece, ids);
    return ids;
  }
}

export interface TokenizerPlan {
  /** A multiple of 128, at least specialCount + 256. */
  readonly vocabularySize: number;
  readonly specialCount?: number;
}

/** Merges of a tokenizer, learned from texts. */
export async function learnMerges(
  texts: Iterable<string> | AsyncIterable<string>,
  plan: TokenizerPlan,
): Promise<Merge[]> {
  const counts = new Map<string, number>();
  for await (const text of texts) countWords(text, counts);
  const specialCount = plan.specialCount ?? embeddedSpecialCount;
  return trainMerges(counts, { mergeCount: plan.vocabularySize - specialCount - 256 });
}
