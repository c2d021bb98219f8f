// SPDX-License-Identifier: Apache-2.0

/**
 * Where merges may not cross, as `qwen2` splits (the name under which llama.cpp knows it): contractions, letters with one character before
 * them, single digits, punctuation runs, line ends, spaces.
 */
export const splitPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const expression = new RegExp(splitPattern, 'gu');

/** The pieces of a text, in order; together they are the text. */
export function preSplit(text: string): string[] {
  return text.match(expression) ?? [];
}

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/**
 * For training only: pieces cut again at word boundaries, since ー and 々 are letters and nothing else would keep BPE from learning whole phrases.
 * Inference uses {@link preSplit} alone.
 */
export function preSplitForTraining(text: string): string[] {
  return preSplit(text).flatMap((piece) =>
    piece.length <= 2 ? [piece] : Array.from(segmenter.segment(piece), (segment) => segment.segment),
  );
}
