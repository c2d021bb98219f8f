// SPDX-License-Identifier: Apache-2.0
import { KibanError, type Sha256Digest } from '@kiban/core';
import type { ChatMessage } from '../reading/text-record.ts';
import { type Merge, symbolLimit, trainMerges } from './bpe-trainer.ts';
import { PieceEncoder } from './piece-encoder.ts';
import { pieceEnd } from './pre-split.ts';
import { embeddedSpecialCount, specialIds } from './special-tokens.ts';
import { countWordsOf } from './word-count-threads.ts';
import { addCounts } from './word-counts.ts';

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
  readonly #bytes: readonly Uint8Array[];
  readonly #encoder: PieceEncoder;

  constructor(parts: { specialCount: number; merges: readonly Merge[]; vocabularySize: number; digest: Sha256Digest }) {
    this.specialCount = parts.specialCount;
    this.merges = parts.merges;
    this.vocabularySize = parts.vocabularySize;
    this.digest = parts.digest;
    const bytes: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    for (const [left, right] of parts.merges) bytes.push(Buffer.concat([bytes[left]!, bytes[right]!]));
    this.#bytes = bytes;
    this.#encoder = new PieceEncoder(parts.merges, bytes, parts.specialCount);
  }

  /** Bytes of a symbol: 0-255 a byte, 256 + n the n-th merge. */
  symbolBytes(symbol: number): Uint8Array {
    return this.#bytes[symbol]!;
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (let start = 0; start < text.length; ) {
      const end = pieceEnd(text, start);
      this.#encoder.encode(text, start, end, ids);
      start = end;
    }
    return ids;
  }

  /** The chat format: `<|begin|>`, then per message its role, its text, `<|eot|>`; at the end the assistant's role when an answer is wanted. */
  encodeChat(messages: readonly ChatMessage[], options: { readonly addGenerationPrompt?: boolean } = {}): number[] {
    const ids: number[] = [specialIds.begin];
    for (const message of messages) {
      ids.push(specialIds[message.role]);
      for (const id of this.encode(message.content)) ids.push(id);
      ids.push(specialIds.endOfTurn);
    }
    if (options.addGenerationPrompt === true) ids.push(specialIds.assistant);
    return ids;
  }

  /** Control tokens give nothing; bytes that are no character give U+FFFD. */
  decode(ids: readonly number[]): string {
    return Buffer.concat(ids.map((id) => this.#tokenBytes(id))).toString('utf8');
  }

  /** Decodes ids as they are generated: a character comes out once all its bytes are there. */
  streamDecoder(): TokenStreamDecoder {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(this.#tokenBytes(id), { stream: true }),
      end: () => decoder.decode(),
    };
  }

  #tokenBytes(id: number): Uint8Array {
    return this.#bytes[id - this.specialCount] ?? noBytes;
  }
}

const noBytes = new Uint8Array(0);

export interface TokenStreamDecoder {
  /** Text that is complete with this id; control tokens give nothing. */
  push(id: number): string;
  /** What is left: U+FFFD when the ids ended inside a character. */
  end(): string;
}

export interface TokenizerPlan {
  /** A multiple of 128, at least specialCount + 256. */
  readonly vocabularySize: number;
  /** Control tokens before the bytes; default {@link embeddedSpecialCount}. */
  readonly specialCount?: number;
  /** Counts of words from elsewhere, added to those of the texts. */
  readonly wordCounts?: ReadonlyMap<string, number>;
  /** Threads that count words when there are many texts; the result does not depend on it. Default 1: none but this. */
  readonly threadCount?: number;
}

/**
 * Merges of a tokenizer, learned from texts. Memory grows with the number of distinct words, not with the texts.
 * @throws KibanError `vocabulary-size-invalid` (422)
 */
export async function learnMerges(
  texts: Iterable<string> | AsyncIterable<string>,
  plan: TokenizerPlan,
): Promise<Merge[]> {
  const specialCount = plan.specialCount ?? embeddedSpecialCount;
  checkVocabularySize(plan.vocabularySize, specialCount);
  const counts = await countWordsOf(texts, { threadCount: plan.threadCount ?? 1 });
  if (plan.wordCounts !== undefined) addCounts(counts, plan.wordCounts);
  return trainMerges(counts, { mergeCount: plan.vocabularySize - specialCount - 256 });
}

/** A multiple of 128 suits the matrix kernels of every engine; below control tokens and bytes not every text could be written. */
export function checkVocabularySize(vocabularySize: number, specialCount: number): void {
  const least = specialCount + 256;
  if (vocabularySize % 128 === 0 && vocabularySize >= least && vocabularySize < symbolLimit) return;
  throw new KibanError({
    code: 'vocabulary-size-invalid',
    status: 422,
    title: { ja: '語彙の大きさが正しくありません', en: 'The vocabulary size is not valid' },
    detail: {
      ja: `vocabularySize は ${least} 以上の 128 の倍数にしてください (指定値: ${vocabularySize})。`,
      en: `vocabularySize must be a multiple of 128 and at least ${least} (given: ${vocabularySize}).`,
    },
  });
}
