// SPDX-License-Identifier: Apache-2.0

/** A window of text whose repetition is counted: code points, at most this many. Shares of n-grams depend on the length they are taken over. */
export const windowPoints = 4_000;
export const shortestGram = 2;
export const longestGram = 10;

/** What the n-grams of one window say, for one n. All grams: `window length - n + 1`. */
export interface GramCounts {
  readonly all: number;
  /** Occurrences of the most frequent gram. */
  readonly mostFrequent: number;
  readonly distinct: number;
  /** Distinct grams seen more than once. */
  readonly repeated: number;
}

export interface WindowRepetition {
  /** For n = 2 to 10, in order. */
  readonly grams: readonly GramCounts[];
  /**
   * Occurrences of the most frequent 5-grams, as many as the square root of the distinct ones, of those seen more than once: the numerator of
   * the character repetition ratio of BigScience's ROOTS corpus (Laurençon et al. 2022) and HojiChar.
   */
  readonly coveredBy5: number;
}

/** The definition, by strings and maps; `repetition-kernel.ts` gives the same numbers faster. @param points at most {@link windowPoints} */
export function plainRepetition(points: ArrayLike<number>): WindowRepetition {
  const characters = Array.from(points, (point) => String.fromCodePoint(point));
  let coveredBy5 = 0;
  const grams: GramCounts[] = [];
  for (let n = shortestGram; n <= longestGram; n += 1) {
    const counts = new Map<string, number>();
    for (let from = 0; from + n <= characters.length; from += 1) {
      // Lone surrogates side by side must not become a pair: a separator that is no code point of its own.
      const gram = characters.slice(from, from + n).join('\0');
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
    const times = [...counts.values()].sort((left, right) => right - left);
    const repeated = times.filter((count) => count > 1).length;
    grams.push({
      all: Math.max(0, characters.length - n + 1),
      mostFrequent: times[0] ?? 0,
      distinct: counts.size,
      repeated,
    });
    if (n === 5) {
      const taken = times.slice(0, Math.min(repeated, Math.floor(Math.sqrt(counts.size))));
      coveredBy5 = taken.reduce((sum, count) => sum + count, 0);
    }
  }
  return { grams, coveredBy5 };
}
