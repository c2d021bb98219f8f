// SPDX-License-Identifier: Apache-2.0
import { characterClass, classCount, classesOfUnits, classOfPoint } from './character-classes.ts';

/** Parts of a text that stand there more than once, as shares 0 to 1 of the parts and of their letters. */
interface Duplication {
  readonly share: number;
  readonly shareByLetters: number;
}

/** What one pass over a text finds. Lengths are in UTF-16 units. */
export interface TextShape {
  /** Code points per class, see {@link characterClass}. */
  readonly counts: Uint32Array;
  /** All code points but white space; valid until the next call. */
  readonly points: Uint32Array;
  /** Longest run of one character that is no white space. */
  readonly longestRun: number;
  readonly lineCount: number;
  readonly shortLineCount: number;
  readonly duplicateParagraphs: Duplication;
  readonly sentenceCount: number;
  readonly sentenceUnits: number;
  readonly longestSentence: number;
  /** Sentences that end in … or ・ . */
  readonly openEndedCount: number;
  readonly duplicateSentences: Duplication;
}

/** Lines with fewer characters count as short. */
const shortLineUnits = 10;

let pointBuffer = new Uint32Array(65_536);

/**
 * Counts characters, lines and sentences. A paragraph is a line that is not blank; a sentence runs up to and including one of 。．！？!? or to the
 * end of its line. Spaces around either do not count.
 */
export function textShape(text: string): TextShape {
  const classes = classesOfUnits();
  const counts = new Uint32Array(classCount);
  if (pointBuffer.length < text.length) pointBuffer = new Uint32Array(text.length * 2);
  const points = pointBuffer;
  const lines = new PartCounter();
  const sentences = new PartCounter();
  let pointCount = 0;
  let longestRun = 0;
  let run = 0;
  let previous = -1;
  let openEndedCount = 0;
  let shortLineCount = 0;
  let lineFrom = 0;
  let sentenceFrom = 0;

  const endSentence = (to: number) => {
    const sentence = text.slice(sentenceFrom, to).trim();
    sentenceFrom = to;
    if (sentence === '') return;
    sentences.add(sentence);
    if (sentence.endsWith('…') || sentence.endsWith('・')) openEndedCount += 1;
  };
  const endLine = (to: number) => {
    endSentence(to);
    const line = text.slice(lineFrom, to).trim();
    lineFrom = to + 1;
    sentenceFrom = to + 1;
    if (line === '') return;
    lines.add(line);
    if (line.length < shortLineUnits) shortLineCount += 1;
  };

  for (let index = 0; index < text.length; index += 1) {
    let point = text.charCodeAt(index);
    let kind = classes[point]!;
    if (point >= 0xd800 && point <= 0xdfff) {
      point = text.codePointAt(index)!;
      if (point > 0xffff) {
        kind = classOfPoint(point);
        index += 1;
      }
    }
    counts[kind]! += 1;
    if (kind <= characterClass.lineFeed) {
      previous = -1;
      if (kind === characterClass.lineFeed) endLine(index);
      continue;
    }
    points[pointCount] = point;
    pointCount += 1;
    run = point === previous ? run + 1 : 1;
    previous = point;
    if (run > longestRun) longestRun = run;
    if (kind === characterClass.sentenceEnd) endSentence(index + 1);
  }
  endLine(text.length);
  return {
    counts,
    points: points.subarray(0, pointCount),
    longestRun,
    lineCount: lines.count,
    shortLineCount,
    duplicateParagraphs: lines.duplication(),
    sentenceCount: sentences.count,
    sentenceUnits: sentences.units,
    longestSentence: sentences.longest,
    openEndedCount,
    duplicateSentences: sentences.duplication(),
  };
}

/** Counts parts of a text, and those that came before. */
class PartCounter {
  count = 0;
  units = 0;
  longest = 0;
  #repeated = 0;
  #repeatedUnits = 0;
  readonly #seen = new Set<string>();

  add(part: string): void {
    this.count += 1;
    this.units += part.length;
    if (part.length > this.longest) this.longest = part.length;
    const before = this.#seen.size;
    this.#seen.add(part);
    if (this.#seen.size > before) return;
    this.#repeated += 1;
    this.#repeatedUnits += part.length;
  }

  duplication(): Duplication {
    if (this.count === 0) return { share: 0, shareByLetters: 0 };
    return { share: this.#repeated / this.count, shareByLetters: this.#repeatedUnits / this.units };
  }
}
