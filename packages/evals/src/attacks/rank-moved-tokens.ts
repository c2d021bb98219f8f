// SPDX-License-Identifier: Apache-2.0

/** Rows of a token embedding's update, one per token, in flat order: floats, quantised levels, or words as they were uploaded. */
export interface EmbeddingRows {
  readonly values: Float32Array | Int8Array | Int16Array;
  readonly hiddenSize: number;
}

/**
 * Which tokens a member trained on, from how the rows of the embedding moved. With tied embeddings every row moves: that of a token which never
 * occurs is only pushed away from what the model says instead, and all of those go the same way. Rows that go another way were used.
 * After Melis et al., "Exploiting unintended feature leakage in collaborative learning" (2019), adapted to AdamW and tied embeddings.
 * @returns token numbers, the most suspicious first
 */
export function rankMovedTokens({ values, hiddenSize }: EmbeddingRows): number[] {
  const count = Math.floor(values.length / hiddenSize);
  const commonWay = medianRow(values, count, hiddenSize);
  const likeness = Array.from({ length: count }, (_, token) =>
    cosine(values.subarray(token * hiddenSize, (token + 1) * hiddenSize), commonWay),
  );
  return likeness.map((_, token) => token).sort((a, b) => likeness[a]! - likeness[b]!);
}

/** Share of the used tokens among the first as many of a ranking: 1 is a perfect reading, used / all tokens is chance. */
export function tokenRecall(ranking: readonly number[], used: ReadonlySet<number>): number {
  const found = ranking.slice(0, used.size).filter((token) => used.has(token)).length;
  return used.size === 0 ? 0 : found / used.size;
}

/** Value by value over all rows: most tokens of a vocabulary do not occur in one member's few documents. */
function medianRow(values: EmbeddingRows['values'], count: number, hiddenSize: number): Float64Array {
  const column = new Float64Array(count);
  return Float64Array.from({ length: hiddenSize }, (_, place) => {
    for (let token = 0; token < count; token += 1) column[token] = values[token * hiddenSize + place]!;
    return column.sort()[count >> 1]!;
  });
}

function cosine(row: EmbeddingRows['values'], other: Float64Array): number {
  let [dot, own, theirs] = [0, 0, 0];
  for (let place = 0; place < other.length; place += 1) {
    dot += row[place]! * other[place]!;
    own += row[place]! ** 2;
    theirs += other[place]! ** 2;
  }
  return dot / Math.sqrt(own * theirs || 1);
}
