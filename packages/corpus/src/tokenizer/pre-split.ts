// SPDX-License-Identifier: Apache-2.0
import { characterClass, classOf } from './character-classes.ts';

/**
 * Where merges may not cross, as `qwen2` splits (the name under which llama.cpp knows it): contractions, letters with one character before
 * them, single digits, punctuation runs, line ends, spaces. Written without `(?i:)`, by which some engines take ſ for s.
 */
export const splitPattern =
  "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The pieces of a text, in order; together they are the text. */
export function preSplit(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

const { other, letter, number, space, lineEnd } = characterClass;

/** Where the piece that begins at `start` ends: {@link splitPattern} by hand, as a regular expression is several times slower. */
export function pieceEnd(text: string, start: number): number {
  const codePoint = text.codePointAt(start)!;
  const kind = classOf(codePoint);
  const after = start + (codePoint > 0xffff ? 2 : 1);
  if (kind === letter) return runEnd(text, after, letter);
  if (kind === number) return after;
  if (codePoint === 0x27) {
    const end = contractionEnd(text, after);
    if (end > 0) return end;
  }
  const next = after < text.length ? classOf(text.codePointAt(after)!) : -1;
  if (kind !== lineEnd && next === letter) return runEnd(text, after, letter);
  if (kind === other) return runEnd(text, runEnd(text, after, other), lineEnd);
  if (codePoint === 0x20 && next === other) return runEnd(text, runEnd(text, after, other), lineEnd);
  return whiteSpaceEnd(text, start);
}

/** End of the run of one class that goes on at `from`. */
function runEnd(text: string, from: number, kind: number): number {
  let at = from;
  while (at < text.length) {
    const codePoint = text.codePointAt(at)!;
    if (classOf(codePoint) !== kind) break;
    at += codePoint > 0xffff ? 2 : 1;
  }
  return at;
}

/** White space up to its last line end, or all of it but the one before other text. */
function whiteSpaceEnd(text: string, start: number): number {
  let at = start;
  let lastLineEnd = -1;
  while (at < text.length) {
    const kind = classOf(text.charCodeAt(at));
    if (kind === lineEnd) lastLineEnd = at;
    else if (kind !== space) break;
    at += 1;
  }
  if (lastLineEnd >= 0) return lastLineEnd + 1;
  return at === text.length || at === start + 1 ? at : at - 1;
}

/** After an apostrophe: s, t, m, d, re, ve or ll in either case of ASCII; -1 for anything else. */
function contractionEnd(text: string, after: number): number {
  const first = text.charCodeAt(after) | 0x20;
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return after + 1;
  const second = text.charCodeAt(after + 1) | 0x20;
  if (first === 0x72 || first === 0x76) return second === 0x65 ? after + 2 : -1;
  return first === 0x6c && second === 0x6c ? after + 2 : -1;
}
