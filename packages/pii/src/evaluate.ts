// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import { detect } from './detect.ts';
import type { Finding } from './finding.ts';
import { defaultPolicy } from './policy.ts';
import { cleanLine } from './testset/clean-lines.ts';
import { decoyTexts } from './testset/decoys.ts';
import type { GoldSpan, LabelledSample } from './testset/labelled-sample.ts';
import { makeTestSet } from './testset/make-test-set.ts';

/** Hits and labels of one class, one way of typing, or both. */
export interface Tally {
  /** Labelled places that must be hits. */
  readonly labelled: number;
  readonly found: number;
  /** Hits of the class, and those that lie on a label of it. */
  readonly hits: number;
  readonly right: number;
  /** Places with a wrong check digit beside their word, and how many of them are shown for review. */
  readonly doubtful: number;
  readonly flagged: number;
  /** Bare numbers that must not be hits, and how many are. */
  readonly bare: number;
  readonly bareHits: number;
}

export interface EvaluationRow extends Tally {
  readonly name: string;
  /** Found of labelled, 0 to 1; undefined where nothing is labelled. */
  readonly recall: number | undefined;
  /** Right of hits, 0 to 1; undefined where there was no hit. */
  readonly precision: number | undefined;
}

export interface EvaluationReport {
  readonly seed: string;
  readonly samples: number;
  readonly byClass: readonly EvaluationRow[];
  readonly byVariant: readonly EvaluationRow[];
  readonly byClassAndVariant: readonly EvaluationRow[];
  /** Hits among numbers of things. */
  readonly decoys: { readonly numbers: number; readonly falseHits: number; readonly per10000: number };
  /** Hits in lines of nobody. */
  readonly cleanLines: { readonly lines: number; readonly falseHits: number };
  /** What misses its limit, empty when all is well. */
  readonly missed: readonly string[];
}

/** Limits on recall and precision, and on hits among 10,000 random numbers in context. */
export const evaluationLimits = {
  numbers: { recall: 0.98, precision: 0.95 },
  namesAndAddresses: { recall: 0.9, precision: 0.85 },
  falseHitsPer10000: 1,
} as const;

const softClasses: ReadonlySet<string> = new Set(['person-name', 'address']);
/** A name or address counts as found when this share of it would be masked; a number only as a whole. */
const leastCovered = 0.9;

export interface EvaluationOptions {
  readonly seed?: string;
  /** Samples of each class in each way of typing. */
  readonly perVariant?: number;
  /** Numbers of things. */
  readonly decoys?: number;
}

/** Runs the detector with its default policy over the synthetic labelled set. Deterministic for a seed. */
export function evaluate(options: EvaluationOptions = {}): EvaluationReport {
  const { seed = 'kiban-pii-1', perVariant = 60, decoys = 40_000 } = options;
  const samples = makeTestSet(seed, perVariant);
  const tallies = { byClass: new Tallies(), byVariant: new Tallies(), byClassAndVariant: new Tallies() };
  for (const sample of samples) {
    const findings = detect(sample.text, defaultPolicy);
    judgeGold(sample, findings, tallies);
    judgeHits(sample, findings, tallies);
  }
  const byClass = tallies.byClass.rows();
  const control = runDecoys(seed, decoys);
  const clean = runCleanLines(seed, Math.ceil(decoys / 4));
  return {
    seed,
    samples: samples.length,
    byClass,
    byVariant: tallies.byVariant.rows(),
    byClassAndVariant: tallies.byClassAndVariant.rows(),
    decoys: control,
    cleanLines: clean,
    missed: missedLimits(byClass, tallies.byClassAndVariant.rows(), control),
  };
}

type TallyField = keyof Tally;

class Tallies {
  readonly #rows = new Map<string, Record<TallyField, number>>();

  add(name: string, field: TallyField): void {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = { labelled: 0, found: 0, hits: 0, right: 0, doubtful: 0, flagged: 0, bare: 0, bareHits: 0 };
      this.#rows.set(name, row);
    }
    row[field] += 1;
  }

  rows(): EvaluationRow[] {
    return [...this.#rows].map(([name, row]) => ({
      name,
      ...row,
      recall: row.labelled === 0 ? undefined : row.found / row.labelled,
      precision: row.hits === 0 ? undefined : row.right / row.hits,
    }));
  }
}

type TallySet = Readonly<Record<'byClass' | 'byVariant' | 'byClassAndVariant', Tallies>>;

function count(tallies: TallySet, name: string, variant: string, field: TallyField): void {
  tallies.byClass.add(name, field);
  tallies.byVariant.add(variant, field);
  tallies.byClassAndVariant.add(`${name} / ${variant}`, field);
}

function judgeGold(sample: LabelledSample, findings: readonly Finding[], tallies: TallySet): void {
  for (const gold of sample.gold) {
    const same = findings.filter((finding) => finding.class === gold.class);
    const hit =
      covered(
        gold,
        same.filter(({ suspect }) => !suspect),
      ) >= (softClasses.has(gold.class) ? leastCovered : 1);
    const tell = (field: TallyField) => count(tallies, gold.class, sample.variant, field);
    if (gold.expected === 'hit') {
      tell('labelled');
      if (hit) tell('found');
    } else if (gold.expected === 'suspect') {
      tell('doubtful');
      // An overlap of any class shows it to whoever reviews.
      if (!hit && findings.some((finding) => finding.start < gold.end && gold.start < finding.end)) tell('flagged');
    } else {
      tell('bare');
      if (hit) tell('bareHits');
    }
  }
}

function covered(gold: GoldSpan, findings: readonly Finding[]): number {
  const units = findings.reduce((sum, { start, end }) => sum + overlap(gold, start, end), 0);
  return units / (gold.end - gold.start);
}

function overlap(gold: GoldSpan, start: number, end: number): number {
  return Math.max(0, Math.min(gold.end, end) - Math.max(gold.start, start));
}

function judgeHits(sample: LabelledSample, findings: readonly Finding[], tallies: TallySet): void {
  for (const finding of findings) {
    if (finding.suspect) continue;
    const right = sample.gold.some(
      (gold) =>
        gold.class === finding.class && overlap(gold, finding.start, finding.end) * 2 >= finding.end - finding.start,
    );
    // A number with a broken check digit may well be a number of another class.
    if (!right && sample.gold.some((gold) => gold.expected !== 'hit' && overlap(gold, finding.start, finding.end) > 0))
      continue;
    count(tallies, finding.class, sample.variant, 'hits');
    if (right) count(tallies, finding.class, sample.variant, 'right');
  }
}

function hitsIn(text: string): number {
  return detect(text, defaultPolicy).filter(({ suspect }) => !suspect).length;
}

function runDecoys(seed: string, wanted: number): EvaluationReport['decoys'] {
  let numbers = 0;
  let falseHits = 0;
  for (const decoy of decoyTexts(`${seed}/decoys`, wanted)) {
    numbers += decoy.numbers;
    falseHits += hitsIn(decoy.text);
  }
  return { numbers, falseHits, per10000: (falseHits / numbers) * 10_000 };
}

function runCleanLines(seed: string, lines: number): EvaluationReport['cleanLines'] {
  const random = new SeededRandom(`${seed}/clean`);
  const text = Array.from({ length: lines }, () => cleanLine(random)).join('\n');
  return { lines, falseHits: hitsIn(text) };
}

function missedLimits(
  byClass: readonly EvaluationRow[],
  byClassAndVariant: readonly EvaluationRow[],
  decoys: EvaluationReport['decoys'],
): string[] {
  const below = (row: EvaluationRow, field: 'recall' | 'precision', limit: number) =>
    row[field] !== undefined && row[field] < limit ? [`${row.name}: ${field} ${row[field].toFixed(3)} < ${limit}`] : [];
  const limitsOf = (name: string) =>
    softClasses.has(name.split(' / ')[0]!) ? evaluationLimits.namesAndAddresses : evaluationLimits.numbers;
  return [
    ...byClass.flatMap((row) => [
      ...below(row, 'recall', limitsOf(row.name).recall),
      ...below(row, 'precision', limitsOf(row.name).precision),
    ]),
    ...byClassAndVariant.flatMap((row) => below(row, 'recall', limitsOf(row.name).recall)),
    ...(decoys.per10000 > evaluationLimits.falseHitsPer10000
      ? [`numbers of things: ${decoys.per10000.toFixed(2)} hits in 10,000 > ${evaluationLimits.falseHitsPer10000}`]
      : []),
  ];
}
