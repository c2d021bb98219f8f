// SPDX-License-Identifier: Apache-2.0

/** Looks at tokens that public text did not give before they enter a vocabulary that everybody sees. */
export interface TokenReview {
  /** A stable reason code for a token that must not be in the vocabulary; undefined for one that may. */
  objection(token: string): string | undefined;
}

/** What an organisation never wants to see in a shared vocabulary: tokens that hold one of these words, or are a part of one of three or more characters. */
export function reviewByWords(words: readonly string[]): TokenReview {
  const kept = words.map((word) => word.normalize('NFKC').trim()).filter((word) => word !== '');
  return {
    objection(token) {
      const text = token.normalize('NFKC').trim();
      if ([...text].length < 2) return undefined;
      const isPart = (word: string) => word.includes(text) && [...text].length >= 3;
      return kept.some((word) => text.includes(word) || isPart(word)) ? 'named-word' : undefined;
    },
  };
}
