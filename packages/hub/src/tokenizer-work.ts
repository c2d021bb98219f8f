// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import {
  type AgreedMerge,
  countWordsOf,
  type FederatedRules,
  finishTokenizer,
  heavyPairs,
  type Merge,
  type NewToken,
  publicBaseMerges,
  readTexts,
  type VocabularyShape,
} from '@kiban/corpus';

/** Work that would hold up the hub's answers: each task is done in a thread. */
export type TokenizerTask =
  | { readonly kind: 'base'; readonly publicFolder: string; readonly shape: VocabularyShape }
  | {
      readonly kind: 'pairs';
      /** The opened sum, 32-bit words. */
      readonly sumPath: string;
      readonly merges: readonly Merge[];
      readonly seed: string;
      readonly rules: FederatedRules;
      readonly blocked: readonly Merge[];
    }
  | {
      readonly kind: 'finish';
      readonly publicFolder: string;
      readonly shape: VocabularyShape;
      readonly base: readonly Merge[];
      readonly agreed: readonly AgreedMerge[];
    };

export interface TokenizerResults {
  readonly base: readonly Merge[];
  readonly pairs: readonly Merge[];
  readonly finish: {
    readonly tokenizerJson: string;
    readonly publicOnlyJson: string;
    readonly newTokens: readonly NewToken[];
  };
}

export async function doTokenizerTask<T extends TokenizerTask>(task: T): Promise<TokenizerResults[T['kind']]> {
  return (await resultOf(task)) as TokenizerResults[T['kind']];
}

async function resultOf(task: TokenizerTask): Promise<TokenizerResults[TokenizerTask['kind']]> {
  switch (task.kind) {
    case 'base':
      return publicBaseMerges(await countWordsOf(readTexts(task.publicFolder)), task.shape);
    case 'pairs': {
      const blocked = new Set(task.blocked.map((merge) => merge.join(' ')));
      const isBlocked = (left: number, right: number) => blocked.has(`${left} ${right}`);
      return heavyPairs(await readWords(task.sumPath), task.merges, task.seed, task.rules, isBlocked);
    }
    case 'finish': {
      const counts = await countWordsOf(readTexts(task.publicFolder));
      const { agreed, publicOnly, newTokens } = finishTokenizer(counts, task.base, task.agreed, task.shape);
      return { tokenizerJson: agreed.json, publicOnlyJson: publicOnly.json, newTokens };
    }
  }
}

/** An opened sum as signed words. */
export async function readWords(path: string): Promise<Int32Array> {
  const bytes = await readFile(path);
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
