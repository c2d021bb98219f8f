// SPDX-License-Identifier: Apache-2.0

/**
 * A derived string for matching, with the way back to the text it was made from. Code unit `i` of `text` comes from the source units
 * `[start[i], end[i])`; positions are UTF-16 code units. Shadows are looked at, never stored and never trained on.
 */
export interface Shadow {
  readonly text: string;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

/** Compatibility forms and categories depend on it: keys made from shadows of different versions must not be compared. */
export const unicodeVersion: string = process.versions.unicode ?? 'unknown';

/** Where the shadow units `[from, to)` lie in the source, widened to whole segments. Empty for an empty range. */
export function sourceSpan(shadow: Shadow, from: number, to: number): { readonly start: number; readonly end: number } {
  if (from >= to) {
    const at = shadow.start[from] ?? shadow.end[shadow.end.length - 1] ?? 0;
    return { start: at, end: at };
  }
  return { start: shadow.start[from]!, end: shadow.end[to - 1]! };
}

/** One replacement in a shadow: its units `[from, to)` become `text`; ordered and without overlap. */
export interface ShadowEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Applies replacements; every new unit maps to the whole source span of what it replaces. */
export function editShadow(shadow: Shadow, edits: readonly ShadowEdit[]): Shadow {
  if (edits.length === 0) return shadow;
  if (edits.every((edit) => edit.text.length === edit.to - edit.from)) return substituteUnits(shadow, edits);
  const growth = edits.reduce((sum, edit) => sum + edit.text.length - (edit.to - edit.from), 0);
  const start = new Uint32Array(shadow.text.length + growth);
  const end = new Uint32Array(shadow.text.length + growth);
  const parts: string[] = [];
  let read = 0;
  let written = 0;
  const copy = (to: number) => {
    parts.push(shadow.text.slice(read, to));
    start.set(shadow.start.subarray(read, to), written);
    end.set(shadow.end.subarray(read, to), written);
    written += to - read;
  };
  for (const edit of edits) {
    copy(edit.from);
    const span = sourceSpan(shadow, edit.from, edit.to);
    start.fill(span.start, written, written + edit.text.length);
    end.fill(span.end, written, written + edit.text.length);
    parts.push(edit.text);
    written += edit.text.length;
    read = edit.to;
  }
  copy(shadow.text.length);
  return { text: parts.join(''), start, end };
}

/** Unit for unit the map stays, so its arrays are shared. */
function substituteUnits(shadow: Shadow, edits: readonly ShadowEdit[]): Shadow {
  const parts: string[] = [];
  let read = 0;
  for (const edit of edits) {
    parts.push(shadow.text.slice(read, edit.from), edit.text);
    read = edit.to;
  }
  parts.push(shadow.text.slice(read));
  return { text: parts.join(''), start: shadow.start, end: shadow.end };
}
