// SPDX-License-Identifier: Apache-2.0
import type { Shadow } from './shadow.ts';

/** What becomes of one segment; must not depend on what stands around it. */
type SegmentMapping = (segment: string) => string;

/** How a code unit takes part in a segment. */
const same = 0;
const replaced = 1;
const removed = 2;
const expanded = 3;
const joining = 4;
const hangul = 5;
const surrogate = 6;

/**
 * Makes shadows for a mapping of segments. A segment is what normalises alone (UAX #15): a character with the marks that follow it, half-width
 * voicing marks included, or a run of Hangul that may compose. Tables over the Basic Multilingual Plane are made on first use (about 20 ms).
 */
export class SegmentShadower {
  readonly #map: SegmentMapping;
  #roles: Uint8Array | undefined;
  #twins: Uint16Array | undefined;

  constructor(map: SegmentMapping) {
    this.#map = map;
  }

  shadow(source: string): Shadow {
    if (this.#roles === undefined) this.#makeTables();
    const roles = this.#roles!;
    const twins = this.#twins!;
    const length = source.length;
    let units = new Uint16Array(length + 64);
    let start = new Uint32Array(length + 64);
    let end = new Uint32Array(length + 64);
    let written = 0;
    // The last segment, which a joining mark reopens.
    let segmentFrom = 0;
    let segmentWritten = 0;
    let changed = false;

    const rewrite = (from: number, to: number, at: number) => {
      const text = this.#map(source.slice(from, to));
      if (at + text.length + (length - to) > units.length) {
        const capacity = (at + text.length + (length - to)) * 2;
        units = grown(units, new Uint16Array(capacity));
        start = grown(start, new Uint32Array(capacity));
        end = grown(end, new Uint32Array(capacity));
      }
      for (let unit = 0; unit < text.length; unit += 1) {
        units[at + unit] = text.charCodeAt(unit);
        start[at + unit] = from;
        end[at + unit] = to;
      }
      written = at + text.length;
      segmentFrom = from;
      segmentWritten = at;
      changed = true;
    };

    for (let index = 0; index < length; ) {
      const unit = source.charCodeAt(index);
      const role = roles[unit]!;
      if (role <= removed) {
        segmentFrom = index;
        segmentWritten = written;
        index += 1;
        if (role === removed) {
          changed = true;
          continue;
        }
        units[written] = twins[unit]!;
        if (role === replaced) changed = true;
        start[written] = index - 1;
        end[written] = index;
        written += 1;
        continue;
      }
      if (role === expanded) {
        rewrite(index, index + 1, written);
        index += 1;
      } else if (role === hangul) {
        let to = index + 1;
        while (to < length && roles[source.charCodeAt(to)] === hangul) to += 1;
        rewrite(index, to, written);
        index = to;
      } else {
        const point = source.codePointAt(index)!;
        let to = index + (point > 0xffff ? 2 : 1);
        const joins = role === joining || joinsAstral(point);
        if (joins) {
          while (to < length) {
            const next = source.codePointAt(to)!;
            if (!(next > 0xffff ? joinsAstral(next) : roles[next] === joining)) break;
            to += next > 0xffff ? 2 : 1;
          }
        }
        if (joins && index > 0) rewrite(segmentFrom, to, segmentWritten);
        else rewrite(index, to, written);
        index = to;
      }
    }
    return {
      text: changed ? Buffer.from(units.buffer, 0, written * 2).toString('utf16le') : source,
      start: start.subarray(0, written),
      end: end.subarray(0, written),
    };
  }

  #makeTables(): void {
    const roles = new Uint8Array(0x10000);
    const twins = new Uint16Array(0x10000);
    for (let unit = 0; unit < 0x10000; unit += 1) {
      const character = String.fromCharCode(unit);
      if (unit >= 0xd800 && unit <= 0xdfff) roles[unit] = surrogate;
      else if (hangulPattern.test(character)) roles[unit] = hangul;
      else if (joiningPattern.test(character)) roles[unit] = joining;
      else {
        const mapped = this.#map(character);
        if (mapped.length > 1) roles[unit] = expanded;
        else if (mapped.length === 0) roles[unit] = removed;
        else {
          twins[unit] = mapped.charCodeAt(0);
          roles[unit] = mapped === character ? same : replaced;
        }
      }
    }
    this.#roles = roles;
    this.#twins = twins;
  }
}

/** Marks, and the characters whose compatibility form begins with one: half-width voicing marks, Thai and Lao AM. */
const joiningPattern = /[\p{M}\uff9e\uff9f\u0e33\u0eb3]/u;
/** Jamo, syllables, compatibility and half-width letters. */
const hangulPattern = /[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa0-\uffdc]/;

/** Marks, and the two Kirat Rai vowels that compose with one another although they are letters. */
function joinsAstral(point: number): boolean {
  return point > 0xffff && /[\p{M}\u{16d63}\u{16d67}]/u.test(String.fromCodePoint(point));
}

function grown<T extends Uint16Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
