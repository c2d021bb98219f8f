// SPDX-License-Identifier: Apache-2.0
import { type Merge, trainMerges } from '../bpe-trainer.ts';
import { checkVocabularySize } from '../tokenizer.ts';
import { type TokenizerFile, tokenizerOfMerges } from '../tokenizer-json.ts';
import type { PairSupport } from './accept-merges.ts';
import { TokenTable, textOfToken } from './token-table.ts';

/** Sizes of a vocabulary that is partly learned together. */
export interface VocabularyShape {
  /** A multiple of 128. */
  readonly vocabularySize: number;
  readonly specialCount: number;
  /** Part of the merges that come from public text before members are asked, 0 to 1. */
  readonly publicShare: number;
}

export function mergeRoom(shape: Pick<VocabularyShape, 'vocabularySize' | 'specialCount'>): number {
  return shape.vocabularySize - shape.specialCount - 256;
}

/** Merges that come before anything is asked: from public word counts alone. @throws KibanError `vocabulary-size-invalid` */
export function publicBaseMerges(counts: ReadonlyMap<string, number>, shape: VocabularyShape): Merge[] {
  checkVocabularySize(shape.vocabularySize, shape.specialCount);
  return trainMerges(counts, { mergeCount: Math.floor(mergeRoom(shape) * shape.publicShare) });
}

/** A merge that members agreed on, with the round in which they did. */
export interface AgreedMerge {
  readonly merge: Merge;
  readonly round: number;
  readonly support: PairSupport;
}

/** A token that public text alone would not have given: what people review. Support is rounded to two digits. */
export interface NewToken {
  readonly id: number;
  /** Undefined for a part of a character. */
  readonly text: string | undefined;
  readonly hex: string;
  readonly round: number;
  readonly documents: number;
  readonly members: number;
}

export interface AgreedTokenizer {
  readonly agreed: TokenizerFile;
  /** Of the same size, from public text alone: what the agreed one is measured against. */
  readonly publicOnly: TokenizerFile;
  readonly newTokens: readonly NewToken[];
}

/** Fills the vocabulary from public text after the agreed merges, and lists what came from the members. */
export function finishTokenizer(
  counts: ReadonlyMap<string, number>,
  base: readonly Merge[],
  agreedMerges: readonly AgreedMerge[],
  shape: VocabularyShape,
): AgreedTokenizer {
  const { vocabularySize, specialCount } = shape;
  const mergeCount = mergeRoom(shape);
  const initial = [...base, ...agreedMerges.map(({ merge }) => merge)];
  const agreed = tokenizerOfMerges(trainMerges(counts, { mergeCount, initial }), specialCount, vocabularySize);
  const publicOnly = tokenizerOfMerges(trainMerges(counts, { mergeCount }), specialCount, vocabularySize);
  const publicTokens = new Set(
    publicOnly.tokenizer.merges.map((_, rank) => hexOf(publicOnly.tokenizer.symbolBytes(256 + rank))),
  );
  const tokens = new TokenTable(initial);
  const newTokens = agreedMerges.flatMap(({ round, support }, index): NewToken[] => {
    const symbol = 256 + base.length + index;
    const bytes = tokens.symbolBytes(symbol);
    const hex = hexOf(bytes);
    if (publicTokens.has(hex)) return [];
    const documents = twoDigits(support.documents);
    const { members } = support;
    return [{ id: specialCount + symbol, text: textOfToken(bytes), hex, round, documents, members }];
  });
  return { agreed, publicOnly, newTokens };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** An exact total that changes by one would tell of one document. */
function twoDigits(count: number): number {
  return Number(count.toPrecision(2));
}
