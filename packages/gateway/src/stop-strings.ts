// SPDX-License-Identifier: Apache-2.0

/**
 * Watches streamed text for stop strings. Text that may be the beginning of one is held back until it is decided, so that no part of
 * a stop string is ever given out.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  #held = '';

  /** @throws RangeError if one is empty: it would match everywhere. */
  constructor(stops: readonly string[]) {
    if (stops.includes('')) throw new RangeError('a stop string is empty');
    this.#stops = stops;
  }

  /** Adds a piece; returns what may be given out now. After `stopped` the generation must end. */
  push(piece: string): { readonly text: string; readonly stopped: boolean } {
    const text = this.#held + piece;
    let first = -1;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    }
    if (first >= 0) {
      this.#held = '';
      return { text: text.slice(0, first), stopped: true };
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - keep);
    return { text: text.slice(0, text.length - keep), stopped: false };
  }

  /** The rest, once the model has ended by itself. */
  flush(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** Length of the longest end of `text` that is a proper beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
