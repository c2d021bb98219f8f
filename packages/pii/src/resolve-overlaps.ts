// SPDX-License-Identifier: Apache-2.0
import { piiClassNames } from './classes.ts';
import type { Finding } from './finding.ts';

/** A finding with what decides between it and another one of the same place. */
export interface Contender extends Finding {
  /** Units to the word in front that names it. */
  readonly distance: number;
}

const order = new Map<string, number>(piiClassNames.map((name, index) => [name, index]));

/**
 * One finding for each place: hits before suspects, then the one whose word stands nearest, the higher score, the longer, the class that
 * comes first, the earlier. The result is in order of the text and depends on nothing else.
 */
export function resolveOverlaps(contenders: readonly Contender[]): Finding[] {
  const ranked = [...contenders].sort(
    (a, b) =>
      Number(a.suspect) - Number(b.suspect) ||
      a.distance - b.distance ||
      b.score - a.score ||
      b.end - b.start - (a.end - a.start) ||
      (order.get(a.class) ?? order.size) - (order.get(b.class) ?? order.size) ||
      a.start - b.start ||
      (a.rule < b.rule ? -1 : 1),
  );
  const kept: Contender[] = [];
  const taken = new TakenSpans();
  for (const one of ranked) if (taken.take(one.start, one.end)) kept.push(one);
  kept.sort((a, b) => a.start - b.start);
  return kept.map(({ distance: _, ...finding }) => finding);
}

/** Spans in order, found by bisection. */
class TakenSpans {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  take(start: number, end: number): boolean {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && this.#ends[low - 1]! > start) return false;
    if (low < this.#starts.length && this.#starts[low]! < end) return false;
    this.#starts.splice(low, 0, start);
    this.#ends.splice(low, 0, end);
    return true;
  }
}
