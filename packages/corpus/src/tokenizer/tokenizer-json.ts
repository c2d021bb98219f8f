// SPDX-License-Identifier: Apache-2.0
import { KibanError, sha256Hex } from '@kiban/core';
import * as z from 'zod';
import type { Merge } from './bpe-trainer.ts';
import { bytesToAlphabet } from './byte-alphabet.ts';
import { chatTemplate } from './chat-template.ts';
import { splitPattern } from './pre-split.ts';
import { embeddedSpecialCount, specialIds, specialName } from './special-tokens.ts';
import { learnMerges, Tokenizer, type TokenizerPlan } from './tokenizer.ts';

/** A tokenizer with the text of its `tokenizer.json`: the artefact that everybody shares. */
export interface TokenizerFile {
  readonly tokenizer: Tokenizer;
  readonly json: string;
}

/** Byte-level BPE trained on texts. Deterministic: the same texts give the same file. */
export async function trainTokenizer(
  texts: Iterable<string> | AsyncIterable<string>,
  plan: TokenizerPlan,
): Promise<TokenizerFile> {
  const specialCount = plan.specialCount ?? embeddedSpecialCount;
  return tokenizerOfMerges(await learnMerges(texts, plan), specialCount, plan.vocabularySize);
}

/** The tokenizer that these merges make. @param merges no more than the vocabulary has room for */
export function tokenizerOfMerges(
  merges: readonly Merge[],
  specialCount: number,
  vocabularySize: number,
): TokenizerFile {
  const json = tokenizerJson(merges, specialCount, vocabularySize);
  return { tokenizer: new Tokenizer({ specialCount, merges, vocabularySize, digest: sha256Hex(json) }), json };
}

/** Names of all ids in the byte alphabet; ids after the last merge are held in reserve. */
function tokenNames(merges: readonly Merge[], specialCount: number, vocabularySize: number): string[] {
  const bytes: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  for (const [left, right] of merges) bytes.push(Buffer.concat([bytes[left]!, bytes[right]!]));
  return Array.from({ length: vocabularySize }, (_, id) => {
    const symbol = bytes[id - specialCount];
    return symbol === undefined ? specialName(id) : bytesToAlphabet(symbol);
  });
}

function isSpecial(id: number, merges: readonly Merge[], specialCount: number): boolean {
  return id < specialCount || id >= specialCount + 256 + merges.length;
}

/** The format of Hugging Face's `tokenizers`: no normaliser, split as qwen2, then bytes. */
function tokenizerJson(merges: readonly Merge[], specialCount: number, vocabularySize: number): string {
  const names = tokenNames(merges, specialCount, vocabularySize);
  const added = names.flatMap((content, id) =>
    isSpecial(id, merges, specialCount)
      ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }]
      : [],
  );
  const name = (symbol: number) => names[symbol + specialCount]!;
  return `${JSON.stringify(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: splitPattern }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
        ],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(names.map((token, id) => [token, id])),
        merges: merges.map(([left, right]) => [name(left), name(right)]),
      },
    },
    null,
    1,
  )}\n`;
}

const tokenizerJsonSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })),
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.tuple([z.string(), z.string()])),
  }),
});

/** Reads a `tokenizer.json` that Kiban wrote. @throws KibanError `tokenizer-invalid` */
export function tokenizerFromJson(json: string): Tokenizer {
  try {
    const { added_tokens: added, model } = tokenizerJsonSchema.parse(JSON.parse(json));
    const isAdded = new Set(added.map((token) => token.id));
    let specialCount = 0;
    while (isAdded.has(specialCount)) specialCount += 1;
    const merges = model.merges.map(
      ([left, right]): Merge => [model.vocab[left]! - specialCount, model.vocab[right]! - specialCount],
    );
    const vocabularySize = Object.keys(model.vocab).length;
    if (tokenizerJson(merges, specialCount, vocabularySize) !== json)
      throw new Error('not the file that these merges give');
    return new Tokenizer({ specialCount, merges, vocabularySize, digest: sha256Hex(json) });
  } catch (error) {
    throw new KibanError({
      code: 'tokenizer-invalid',
      status: 422,
      title: { ja: 'トークナイザを読めません', en: 'The tokenizer cannot be read' },
      detail: {
        ja: 'tokenizer.json が Kiban の形式ではないか、壊れています。',
        en: 'tokenizer.json is damaged or was not written by Kiban.',
      },
      cause: error,
    });
  }
}

/** `tokenizer_config.json` for transformers, with the chat template. */
export function tokenizerConfigJson(contextLength: number): string {
  return `${JSON.stringify(
    {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: specialName(specialIds.begin),
      eos_token: specialName(specialIds.endOfTurn),
      pad_token: specialName(specialIds.padding),
      add_bos_token: false,
      clean_up_tokenization_spaces: false,
      model_max_length: contextLength,
      chat_template: chatTemplate,
    },
    null,
    2,
  )}\n`;
}

/** What a GGUF file holds of a tokenizer. */
export function ggufTokenizer(tokenizer: Tokenizer) {
  const { merges, specialCount, vocabularySize } = tokenizer;
  const tokens = tokenNames(merges, specialCount, vocabularySize);
  return {
    tokens,
    merges: merges.map(([left, right]) => `${tokens[left + specialCount]} ${tokens[right + specialCount]}`),
    tokenTypes: tokens.map((_, id) => (isSpecial(id, merges, specialCount) ? 3 : 1)),
    beginId: specialIds.begin,
    endId: specialIds.end,
    paddingId: specialIds.padding,
    endOfTurnId: specialIds.endOfTurn,
  };
}
