// SPDX-License-Identifier: Apache-2.0
import { deflateSync } from 'node:zlib';
import { characterClass } from './character-classes.ts';
import { longestGram, shortestGram, windowPoints } from './repetition.ts';
import { windowRepetition } from './repetition-kernel.ts';
import { type TextShape, textShape } from './text-shape.ts';

/** What a text is; each kind has a policy of its own. Records are not judged: their columns are no prose. */
export type TextKind = 'web' | 'document' | 'log';

/** Numbers that quality is judged by. Shares are 0 to 1, lengths characters. Where a text is too short for one, it is missing. */
export const labelNames = [
  'letters',
  'japaneseLetters',
  'japaneseShare',
  'hiraganaShare',
  'katakanaShare',
  'kanjiShare',
  'symbolShare',
  'meanSentence',
  'longestSentence',
  'openEndedShare',
  'duplicateParagraphShare',
  'duplicateParagraphLetterShare',
  'duplicateSentenceShare',
  'duplicateSentenceLetterShare',
  'shortLineShare',
  'longestRun',
  'repetition5',
  'compression',
  'topGram2',
  'topGram3',
  'topGram4',
  'repeatedGram5',
  'repeatedGram6',
  'repeatedGram7',
  'repeatedGram8',
  'repeatedGram9',
  'repeatedGram10',
  'judgeQuality',
  'judgeAds',
  'judgeInformation',
  'judgeEducation',
  'judgeCulture',
  'judgeCreativity',
] as const;
export type LabelName = (typeof labelNames)[number];

/** By script alone: kana make Japanese; kanji without kana may be Chinese or a table. */
export type ScriptLanguage = 'ja' | 'und-Hani' | 'und-Latn' | 'und';

export interface QualityLabels {
  /** Of what the numbers mean; other numbers come under another version. */
  readonly version: 1;
  readonly kind: TextKind;
  readonly language: ScriptLanguage;
  /** `judge*` are from a local model, 0 to 5, and never written here. */
  readonly values: Readonly<Partial<Record<LabelName, number>>>;
}

/** Of letters, from which share on kana make a text Japanese. */
const leastKanaShare = 0.05;
/** Of a longer text, so many windows spread evenly over it are looked at. */
const mostWindows = 8;
/** UTF-8 bytes from which on the compression ratio says something. */
const leastCompressedBytes = 1_000;

/**
 * Labels of a text after its profile. N-grams and compression depend on length, so they are medians over windows of at most 4,000 characters of
 * equal length, eight of them for a text of more; n-grams are of code points without white space, and not counted for logs. Repetition, sentence and script labels follow Rae et al. 2021 (Gopher, table A1)
 * and the Swallow corpus (Okazaki et al. 2024). Memory: about 8 bytes per character of the text and the working sets of its lines.
 */
export function labelText(text: string, kind: TextKind): QualityLabels {
  const shape = textShape(text);
  const { counts } = shape;
  const { hiragana, katakana, kanji, otherLetter, sentenceEnd, symbol } = characterClass;
  const japanese = counts[hiragana]! + counts[katakana]! + counts[kanji]!;
  const letters = japanese + counts[otherLetter]!;
  const visible = letters + counts[sentenceEnd]! + counts[symbol]!;
  const values: Partial<Record<LabelName, number>> = {
    letters,
    japaneseLetters: japanese,
    longestRun: shape.longestRun,
    duplicateParagraphShare: shape.duplicateParagraphs.share,
    duplicateParagraphLetterShare: shape.duplicateParagraphs.shareByLetters,
    duplicateSentenceShare: shape.duplicateSentences.share,
    duplicateSentenceLetterShare: shape.duplicateSentences.shareByLetters,
    ...shares({ japaneseShare: japanese }, letters),
    ...shares(
      { hiraganaShare: counts[hiragana]!, katakanaShare: counts[katakana]!, kanjiShare: counts[kanji]! },
      japanese,
    ),
    ...shares({ symbolShare: counts[symbol]! + counts[sentenceEnd]! }, visible),
    ...shares({ meanSentence: shape.sentenceUnits, openEndedShare: shape.openEndedCount }, shape.sentenceCount),
    ...(shape.sentenceCount === 0 ? {} : { longestSentence: shape.longestSentence }),
    ...shares({ shortLineShare: shape.shortLineCount }, shape.lineCount),
    ...(kind === 'log' ? {} : repetitionLabels(shape)),
    ...compressionLabel(text),
  };
  return { version: 1, kind, language: scriptLanguage(counts, letters), values };
}

function scriptLanguage(counts: Uint32Array, letters: number): ScriptLanguage {
  const kana = counts[characterClass.hiragana]! + counts[characterClass.katakana]!;
  if (letters === 0) return 'und';
  if (kana >= leastKanaShare * letters) return 'ja';
  return counts[characterClass.kanji]! > 0 ? 'und-Hani' : 'und-Latn';
}

function shares<Name extends LabelName>(counts: Record<Name, number>, all: number): Partial<Record<Name, number>> {
  if (all === 0) return {};
  const entries = (Object.entries(counts) as [Name, number][]).map(([name, count]) => [name, count / all]);
  return Object.fromEntries(entries) as Partial<Record<Name, number>>;
}

function repetitionLabels({ points }: TextShape): Partial<Record<LabelName, number>> {
  const samples = new Map<LabelName, number[]>();
  const note = (name: LabelName, count: number, all: number) => {
    if (all === 0) return;
    const list = samples.get(name);
    if (list === undefined) samples.set(name, [count / all]);
    else list.push(count / all);
  };
  for (const [from, to] of windows(points.length)) {
    const { grams, coveredBy5 } = windowRepetition(points.subarray(from, to));
    for (let n = shortestGram; n <= longestGram; n += 1) {
      const { all, mostFrequent, distinct, repeated } = grams[n - shortestGram]!;
      if (n <= 4) note(`topGram${n as 2 | 3 | 4}`, mostFrequent, all);
      else note(`repeatedGram${n as 5 | 6 | 7 | 8 | 9 | 10}`, repeated, distinct);
      if (n === 5) note('repetition5', coveredBy5, all);
    }
  }
  const labels: Partial<Record<LabelName, number>> = {};
  for (const [name, list] of samples) labels[name] = median(list);
  return labels;
}

function compressionLabel(text: string): { compression?: number } {
  const ratios: number[] = [];
  for (const [from, to] of windows(text.length)) {
    const bytes = Buffer.from(text.slice(from, to));
    if (bytes.length >= leastCompressedBytes) ratios.push(deflateSync(bytes, { level: 9 }).length / bytes.length);
  }
  return ratios.length === 0 ? {} : { compression: median(ratios) };
}

/** Cuts `length` into the fewest parts of at most {@link windowPoints}, as equal as whole numbers allow; of many parts only some. */
function* windows(length: number): Generator<readonly [from: number, to: number]> {
  const count = Math.ceil(length / windowPoints);
  const shown = Math.min(count, mostWindows);
  for (let place = 0; place < shown; place += 1) {
    const index = Math.floor((place * count) / shown);
    yield [Math.floor((index * length) / count), Math.floor(((index + 1) * length) / count)];
  }
}

function median(list: number[]): number {
  list.sort((left, right) => left - right);
  const middle = list.length >> 1;
  return list.length % 2 === 1 ? list[middle]! : (list[middle - 1]! + list[middle]!) / 2;
}
